using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.KeyPerFile;
using Microsoft.Extensions.FileProviders;

namespace Detection.ServiceDefaults;

/// <summary>The folder of <c>Detection:Secrets</c>: a file is an option, named like its environment variable, as mounted secrets are.</summary>
public static class SecretsFolder
{
    /// <summary>Adds the folder where one is named; the environment and what comes after it win over it.</summary>
    /// <exception cref="InvalidOptionsException">There is no such folder.</exception>
    public static IConfigurationBuilder AddSecrets(this IConfigurationBuilder configuration)
    {
        if (configuration.Build()["Detection:Secrets"] is not { Length: > 0 } named) return configuration;
        string folder = Path.GetFullPath(named);
        if (!Directory.Exists(folder)) throw new InvalidOptionsException($"Detection:Secrets: {folder}: no such folder");
        var sources = configuration.Sources;
        // Hosts read the environment several times; what users set comes without a prefix.
        int environment = sources.ToList().FindLastIndex(source => source is EnvironmentVariablesConfigurationSource { Prefix: null or "" });
        sources.Insert(Math.Max(environment, 0), new KeyPerFileConfigurationSource { FileProvider = new PhysicalFileProvider(folder), ReloadOnChange = false });
        return configuration;
    }
}
