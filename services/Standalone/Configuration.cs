using Detection.ServiceDefaults;
using Microsoft.Extensions.Configuration;

namespace Detection.Standalone;

/// <summary>The options of a command that starts no host: <c>appsettings.json</c> beside the program, the folder of secrets, the environment, then the command line.</summary>
internal static class Configuration
{
    public static DetectionOptions Read(IEnumerable<KeyValuePair<string, string?>> commandLine) => OptionsReader.Read(new ConfigurationBuilder()
        .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
        .AddEnvironmentVariables()
        .AddInMemoryCollection(commandLine)
        .AddSecrets()
        .Build());
}
