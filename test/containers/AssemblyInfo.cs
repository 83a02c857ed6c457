using Xunit.Sdk;
using Xunit.v3;

// One cluster at a time: each is five containers and more on a machine that may have two processors.
[assembly: Parallelization(Mode = ParallelMode.None)]
