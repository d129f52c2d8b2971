using Detection.Detectors.Bundles;
using Detection.Model;
using Detection.ServiceDefaults;

namespace Detection.Detector;

/// <summary><c>--dtype auto</c>: measured once for each data folder and model, among the types for which the bundle carries heads (without heads: all), and remembered there.</summary>
public static class ConfiguredDtype
{
    public static string Resolve(DetectionOptions options, ModelSource source)
    {
        if (options.Dtype != "auto") return options.Dtype;
        var types = source.Bundle?.Manifest.Dtypes ?? DtypeChoice.Supported;
        return types is [var only] ? only : Remembered(options, source, types);
    }

    /// <summary>A file a model: machines differ, so a data folder that moves to another processor is measured anew.</summary>
    private static string Remembered(DetectionOptions options, ModelSource source, IReadOnlyList<string> types)
    {
        string file = Path.Combine(options.Data, "dtype", $"{source.Name}-{Machine.Instructions}.txt");
        if (File.Exists(file) && File.ReadAllText(file).Trim() is var stored && types.Contains(stored)) return stored;
        string measured = DtypeChoice.MeasureFastest([.. types]);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, measured);
        return measured;
    }
}
