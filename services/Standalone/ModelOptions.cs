using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Detection.Standalone;

/// <summary>The options that every command with a model has.</summary>
internal sealed class ModelOptions
{
    private readonly Option<string> _model = new("--model") { Description = "Name of a bundle, a folder in Hugging Face layout, or a .gguf file.", HelpName = "NAME|FOLDER|FILE.gguf" };
    private readonly Option<string> _device = new("--device") { Description = "Where the model runs: auto, cpu or cuda[:N].", HelpName = "auto|cpu|cuda[:N]" };
    private readonly Option<string> _dtype = new("--dtype") { Description = "Type of the arithmetic; auto measures once for each data folder." };
    private readonly Option<int> _threads = new("--threads") { Description = "Threads of the model; 0: one for each core." };

    private readonly Option<string>? _observer, _second;

    /// <param name="observer">The command can make use of a model that reads along.</param>
    /// <param name="second">The command can hand on what the model is not sure of.</param>
    public ModelOptions(bool observer = false, bool second = false)
    {
        if (second) _second = new Option<string>("--second") { Description = "A second bundle, larger as a rule: it judges what the first is not sure of.", HelpName = "NAME|FOLDER" };
        if (observer) _observer = new Option<string>("--observer") { Description = "A second model with the same vocabulary, for the criteria binoculars and fast_detectgpt_two.", HelpName = "NAME|FOLDER|FILE.gguf" };
        _dtype.AcceptOnlyFromAmong("auto", "float32", "bfloat16");
        _device.Validators.Add(result =>
        {
            string value = result.Tokens is [var token, ..] ? token.Value : "auto";
            bool known = value is "auto" or "cpu" or "cuda" || value.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(value.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out _);
            if (!known) result.AddError($"--device: '{value}' is unknown; auto, cpu or cuda[:N].");
        });
        _threads.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 1024) result.AddError("--threads: 0 to 1024.");
        });
    }

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _model, _device, _dtype, _threads }) command.Options.Add(option);
        if (_observer is not null) command.Options.Add(_observer);
        if (_second is not null) command.Options.Add(_second);
    }

    /// <summary>A second model was named on the command line.</summary>
    public bool HasSecond(SymbolResult parsed) => _second is not null && parsed.GetValue(_second) is not null;

    /// <summary>What was given on the command line, as configuration that wins over environment and files.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Settings(ParseResult parsed)
    {
        if (parsed.GetValue(_model) is { } model) yield return new("Detection:Model", model);
        if (_observer is not null && parsed.GetValue(_observer) is { } observer) yield return new("Detection:Observer", observer);
        if (_second is not null && parsed.GetValue(_second) is { } second) yield return new("Detection:Second", second);
        if (parsed.GetValue(_device) is { } device) yield return new("Detection:Device", device);
        if (parsed.GetValue(_dtype) is { } dtype) yield return new("Detection:Dtype", dtype);
        if (parsed.GetValue(_threads) is > 0 and var threads) yield return new("Detection:Threads", threads.ToString(CultureInfo.InvariantCulture));
    }
}
