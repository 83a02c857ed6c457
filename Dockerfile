# The image of everything: manager, storage node, operator, CSI driver, mountd and the command line are one program.
#
#   docker build -t sealfs:0.1.0 .
#
# The runtime image has no shell and no package manager. What runs in a pod needs neither root nor a writable root file system, except
# `sealfs csi --mode node` and `sealfs mountd`, which mount file systems: the chart runs those as root.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0-noble
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled

FROM --platform=$BUILDPLATFORM ${SDK_IMAGE} AS build
ARG TARGETARCH
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /source

# The program is machine code, linked by a C compiler; clang where it is for another machine than this one, with the libraries of that machine.
ARG BUILDARCH
RUN if [ "$TARGETARCH" = "$BUILDARCH" ]; then packages="gcc libc6-dev"; \
    elif [ "$TARGETARCH" = arm64 ]; then packages="clang gcc-aarch64-linux-gnu libc6-dev-arm64-cross"; \
    else packages="clang gcc-x86-64-linux-gnu libc6-dev-amd64-cross"; fi \
 && apt-get update -q && apt-get install -y -q --no-install-recommends $packages && rm -rf /var/lib/apt/lists/*

# Packages are restored from the project files alone, so that a change of code does not fetch them again.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY core/*.csproj core/
COPY fuse/*.csproj fuse/
COPY client/*.csproj client/
COPY manager/*.csproj manager/
COPY storage-node/*.csproj storage-node/
COPY operator/*.csproj operator/
COPY csi-driver/*.csproj csi-driver/
COPY cli/*.csproj cli/
RUN dotnet restore cli -r "linux-$([ "$TARGETARCH" = arm64 ] && echo arm64 || echo x64)"

COPY . .
RUN dotnet publish cli -c Release -r "linux-$([ "$TARGETARCH" = arm64 ] && echo arm64 || echo x64)" --no-restore -o /app

FROM ${RUNTIME_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="SealFS" \
      org.opencontainers.image.description="A distributed POSIX file system: manager, storage node, operator, CSI driver and command line" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /app /app
ENV PATH=/app:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
USER 10001:10001
ENTRYPOINT ["sealfs"]
