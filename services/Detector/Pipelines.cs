using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Model;
using Detection.ServiceDefaults;

namespace Detection.Detector;

/// <summary>The configured options as a loaded pipeline.</summary>
public static class Pipelines
{
    /// <param name="warn">Told once of what limits the results, for example a model without heads.</param>
    /// <param name="maxTokens">Tokens of a message that are read; null: what the bundle says.</param>
    /// <param name="layers">Layers that heads are to be trained on, whatever heads the model has; null: what the bundle says.</param>
    public static DetectionPipeline Load(DetectionOptions options, TimeProvider time, Action<string> warn, int? maxTokens = null, IReadOnlyList<int>? layers = null)
    {
        var source = ModelFolders.Resolve(options);
        return Open(layers is null ? source : source with { Bundle = null }, options, time, warn, maxTokens, layers);
    }

    /// <summary>As <see cref="Load"/>, for verdicts that somebody acts on: only where the calibration of every model that judges shows what the budgets state.</summary>
    /// <exception cref="InvalidOptionsException">A stated budget is too tight for a channel.</exception>
    public static DetectionPipeline LoadForDuty(DetectionOptions options, TimeProvider time, Action<string> warn) => OpenForDuty(ModelFolders.Resolve(options), options, time, warn);

    /// <summary>As <see cref="LoadForDuty"/>, of a model that was found already; a second one is looked for by its name.</summary>
    /// <exception cref="InvalidOptionsException">A stated budget is too tight for a channel.</exception>
    public static DetectionPipeline OpenForDuty(ModelSource source, DetectionOptions options, TimeProvider time, Action<string> warn)
    {
        var (rule, second) = (ConfiguredRule.Of(options), ModelFolders.Second(options));
        rule.Check(source);
        if (second is not null) rule.Check(second);
        return Open(source, second, options, time, warn, null);
    }

    /// <summary>As <see cref="Load"/>, of a model that was found already.</summary>
    public static DetectionPipeline Open(ModelSource source, DetectionOptions options, TimeProvider time, Action<string> warn, int? maxTokens = null, IReadOnlyList<int>? layers = null) =>
        Open(source, ModelFolders.Second(options), options, time, warn, maxTokens, layers);

    private static DetectionPipeline Open(ModelSource source, ModelSource? second, DetectionOptions options, TimeProvider time, Action<string> warn, int? maxTokens, IReadOnlyList<int>? layers = null) => DetectionPipeline.Open(source, new PipelineOptions
    {
        Dtype = ConfiguredDtype.Resolve(options, source),
        Device = Machine.DeviceFor(options.Device),
        Threads = options.Threads,
        MaxTokens = maxTokens,
        Layers = layers,
        Observer = ModelFolders.Observer(options),
        Second = second,
        Rule = ConfiguredRule.Of(options).Rule,
        Time = time,
        Warn = warn,
    });
}
