using Detection.Standalone;

return await CommandLine.RunAsync(args, new Terminal());
