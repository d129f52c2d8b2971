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

    /// <summary>Makes the imported models and the measurements of a data folder those of a folder inside it, too.</summary>
    public static void ShareModels(string data, string folder)
    {
        foreach (string shared in new[] { "models", "dtype" })
            if (Directory.Exists(Path.Combine(data, shared))) Directory.CreateSymbolicLink(Path.Combine(folder, shared), Path.Combine(data, shared));
    }
}
