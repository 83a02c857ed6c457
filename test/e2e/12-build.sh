#!/usr/bin/env bash
# Building and running a C project, and a C# one, in the mount.
# time limit: 240
. "$(dirname "$0")/lib.sh"
need gcc make
start_cluster
mount_volume m test
M=$WORK/m
mkdir "$M/c" && cd "$M/c" || exit 1
for i in $(seq 1 60); do
  printf '#include "all.h"\nint f%d(int x) { return x + %d; }\n' "$i" "$i" >"f$i.c"
done
{ for i in $(seq 1 60); do echo "int f$i(int);"; done; } >all.h
{ echo '#include <stdio.h>'; echo '#include "all.h"'; echo 'int main(void) { int x = 0;'; for i in $(seq 1 60); do echo "x = f$i(x);"; done; echo 'printf("%d\n", x); return 0; }'; } >main.c
cat >Makefile <<'MK'
OBJS = $(patsubst %.c,%.o,$(wildcard *.c))
program: libf.a main.o
	$(CC) -o $@ main.o libf.a
libf.a: $(filter-out main.o,$(OBJS))
	$(AR) rcs $@ $^
%.o: %.c all.h
	$(CC) -O1 -g -c -o $@ $<
clean:
	rm -f *.o *.a program
MK
check "make -j" make -s -j4
check "the program runs" bash -c '[ "$(./program)" = 1830 ]'
check "a second make has nothing to do" bash -c 'make -q'
check "a touched source is built again" bash -c 'touch f7.c && ! make -q && make -s && [ "$(./program)" = 1830 ]'
check "make clean" make -s clean
check "a shell script runs" bash -c 'printf "#!/bin/sh\necho yes\n" >s && chmod +x s && [ "$(./s)" = yes ]'

mkdir "$M/cs" && cd "$M/cs" || exit 1
cat >app.csproj <<'CS'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
</Project>
CS
echo 'System.Console.WriteLine("built in the mount");' >Program.cs
check "dotnet build of a C# project" dotnet build -v q --nologo -clp:NoSummary
check "it runs" bash -c '[ "$(dotnet bin/Debug/net10.0/app.dll)" = "built in the mount" ]'
cd /
check "fsck is clean" fsck_clean test
finish
