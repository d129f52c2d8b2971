using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Detection.ServiceDefaults;

/// <summary>Configuration to <see cref="DetectionOptions"/>: every name known, every value in range, or a message that names the option.</summary>
public static class OptionsReader
{
    /// <exception cref="InvalidOptionsException">Names every option that is unknown or has a wrong value.</exception>
    public static DetectionOptions Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(DetectionOptions.Section);
        var wrong = new List<string>();
        FindUnknown(section, typeof(DetectionOptions), wrong);
        var options = new DetectionOptions();
        try { section.Bind(options); }
        catch (InvalidOperationException failure) { wrong.Add(failure.Message.TrimEnd('.')); }
        Validate(options, DetectionOptions.Section, wrong);
        return wrong.Count == 0 ? options : throw new InvalidOptionsException(wrong);
    }

    private static void FindUnknown(IConfigurationSection section, Type type, List<string> wrong)
    {
        foreach (var child in section.GetChildren())
        {
            var property = type.GetProperty(child.Key, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
            if (property is null) wrong.Add(Unknown(child, type));
            else if (IsBranch(property.PropertyType)) FindUnknown(child, property.PropertyType, wrong);
            else if (property.PropertyType == typeof(Dictionary<string, string>)) FindNested(child, wrong);
            else if (property.PropertyType.IsArray) FindNotIndexed(child, wrong);
            else if (child.GetChildren().Any()) wrong.Add($"{child.Path} takes one value, no section");
        }
    }

    private static string Unknown(IConfigurationSection child, Type type)
    {
        string known = string.Join(", ", type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name).Order(StringComparer.Ordinal));
        return $"{child.Path} is unknown; known here: {known}";
    }

    private static void FindNested(IConfigurationSection map, List<string> wrong)
    {
        if (map.Value is { Length: > 0 }) wrong.Add($"{map.Path} is a map: name its entries {map.Path}:NAME");
        wrong.AddRange(map.GetChildren().Where(entry => entry.Value is null).Select(entry => $"{entry.Path} takes one value, no section"));
    }

    private static void FindNotIndexed(IConfigurationSection list, List<string> wrong)
    {
        if (list.Value is { Length: > 0 }) wrong.Add($"{list.Path} is a list: name its entries {list.Path}:0, {list.Path}:1, …");
        wrong.AddRange(list.GetChildren().Where(entry => entry.Value is null || !int.TryParse(entry.Key, out _)).Select(entry => $"{entry.Path} is unknown; a list has the entries 0, 1, …"));
    }

    private static void Validate(object options, string path, List<string> wrong)
    {
        foreach (var property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            object? value = property.GetValue(options);
            if (value is not null && IsBranch(property.PropertyType)) Validate(value, $"{path}:{property.Name}", wrong);
            foreach (var rule in property.GetCustomAttributes<ValidationAttribute>())
                if (!rule.IsValid(value)) wrong.Add($"{path}:{property.Name} {Sentence(rule)} (it is '{value}')");
        }
    }

    private static string Sentence(ValidationAttribute rule) => rule switch
    {
        RangeAttribute range => $"must be between {range.Minimum} and {range.Maximum}",
        RequiredAttribute => "must not be empty",
        _ => rule.ErrorMessage ?? "has a wrong value",
    };

    private static bool IsBranch(Type type) => type.Assembly == typeof(DetectionOptions).Assembly;
}

/// <summary>Options that cannot be used; every one is named. A program prints the message and ends with exit code 2.</summary>
public sealed class InvalidOptionsException(IReadOnlyList<string> problems)
    : Exception(string.Join(Environment.NewLine, problems.Select(problem => $"Option {problem}.")))
{
    public InvalidOptionsException(string problem) : this([problem]) { }

    public IReadOnlyList<string> Problems { get; } = problems;
}
