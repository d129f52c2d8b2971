using Detection.Contracts;
using Detection.Detectors;
using Detection.Model;
using Detection.ServiceDefaults;

namespace Detection.Detector;

/// <summary>The configured options as a loaded pipeline.</summary>
public static class Pipelines
{
    /// <param name="warn">Told once of what limits the results, for example a model without heads.</param>
    public static DetectionPipeline Load(DetectionOptions options, TimeProvider time, Action<string> warn)
    {
        var source = ModelFolders.Resolve(options);
        return DetectionPipeline.Open(source, new PipelineOptions
        {
            Dtype = DtypeChoice.Resolve(options, source),
            Device = options.Device == "auto" ? Machine.BestDevice() : options.Device,
            Threads = options.Threads,
            Rule = Rule(options.Rule),
            Time = time,
            Warn = warn,
        });
    }

    /// <exception cref="InvalidOptionsException">Names the entry that cannot be read.</exception>
    public static VerdictRule Rule(RuleOptions options)
    {
        try { return new VerdictRule(options.Hold ?? VerdictRule.Default.Hold, options.Review ?? VerdictRule.Default.Review); }
        catch (FormatException wrong) { throw new InvalidOptionsException($"Detection:Rule: {wrong.Message.TrimEnd('.')}"); }
    }
}
