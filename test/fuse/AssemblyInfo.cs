using Xunit.Sdk;
using Xunit.v3;

// One test at a time: the allocation tests measure the whole process.
[assembly: Parallelization(Mode = ParallelMode.None)]
