using Xunit.Sdk;
using Xunit.v3;

// One test at a time: mounts and clusters share two processors.
[assembly: Parallelization(Mode = ParallelMode.None)]
