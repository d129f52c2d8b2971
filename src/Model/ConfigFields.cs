using System.Text.Json;
using Detection.Checkpoints;

namespace Detection.Model;

/// <summary>Typed access to config.json; what is missing or out of range is refused by its name. A null counts as missing.</summary>
internal sealed class ConfigFields(JsonElement root, string file, string prefix = "")
{
    private const int MaxSize = 1 << 24; // above every published vocabulary, width and context

    public void Check(string name, bool holds, string reason)
    {
        if (!holds) throw Refuse(name, reason);
    }

    public CheckpointException Refuse(string name, string reason) => new(file, prefix + name, reason);

    /// <summary>A whole number from 1.</summary>
    public int Size(string name, int? otherwise = null)
    {
        if (Find(name) is not { } value) return otherwise is > 0 ? otherwise.Value : throw Refuse(name, "missing");
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int size) && size is > 0 and <= MaxSize
            ? size
            : throw Refuse(name, $"not a whole number in 1..{MaxSize}");
    }

    /// <summary>A finite number above zero.</summary>
    public float Real(string name, float? otherwise = null)
    {
        if (Find(name) is not { } value) return otherwise ?? throw Refuse(name, "missing");
        return value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float number) && float.IsFinite(number) && number > 0
            ? number
            : throw Refuse(name, "not a finite number above 0");
    }

    public bool Flag(string name, bool otherwise) => Find(name) is not { } value ? otherwise : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Refuse(name, "neither true nor false"),
    };

    public string? Text(string name)
    {
        if (Find(name) is not { } value) return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Refuse(name, "not a string");
    }

    public IReadOnlyList<float> Reals(string name)
    {
        if (Find(name) is not { ValueKind: JsonValueKind.Array } value) throw Refuse(name, "missing or not a list");
        return [.. value.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetSingle(out float number) && float.IsFinite(number) && number > 0
            ? number
            : throw Refuse(name, "not a list of finite numbers above 0"))];
    }

    public ConfigFields? Section(string name)
    {
        if (Find(name) is not { } value) return null;
        return value.ValueKind == JsonValueKind.Object ? new ConfigFields(value, file, $"{prefix}{name}.") : throw Refuse(name, "not an object");
    }

    public Activation Activation(string name, string otherwise) => (Text(name) ?? otherwise) switch
    {
        "silu" or "swish" => Model.Activation.Silu,
        "gelu" => Model.Activation.Gelu,
        "gelu_new" or "gelu_pytorch_tanh" => Model.Activation.GeluTanh,
        string other => throw Refuse(name, $"the activation {other} is not supported"),
    };

    private JsonElement? Find(string name) => root.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
