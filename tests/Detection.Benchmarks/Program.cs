using System.Reflection;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;

// What is written lies with the other build outputs, outside what git sees.
BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args, DefaultConfig.Instance.WithArtifactsPath(Path.Combine("artifacts", "benchmarks")));
