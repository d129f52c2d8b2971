using System.Text.Json;
using System.Text.Json.Serialization;

namespace Detection.Learning;

/// <summary>From the most to the least free: what a shipped model may have learned from.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LicenceClass>))]
public enum LicenceClass
{
    [JsonStringEnumMemberName("permissive")] Permissive,
    [JsonStringEnumMemberName("unstated")] Unstated,
    [JsonStringEnumMemberName("restricted")] Restricted,
}

/// <summary>One source as <c>docs/data-licences.json</c> lists it.</summary>
/// <param name="Source">A corpus source, or <c>task/file</c> of the labelled data without its ending.</param>
/// <param name="Licence">As stated where it comes from.</param>
/// <param name="From">Repository or package.</param>
/// <param name="Why">The reason for the class where the licence alone does not give it.</param>
public sealed record DataLicence(string Source, LicenceClass Class, string Licence, string From, string? Why = null);

/// <summary>The licence class of every source that this project trains, calibrates or measures on. A source that is not listed is not used.</summary>
public sealed record DataLicences(IReadOnlyList<DataLicence> Corpus, IReadOnlyList<DataLicence> Data)
{
    public static DataLicences Current { get; } = Load();

    /// <summary>True where the class of a corpus source is at most <paramref name="loosest"/>.</summary>
    /// <exception cref="KeyNotFoundException">The source is not in the list.</exception>
    public bool Allows(string corpusSource, LicenceClass loosest) => Find(Corpus, corpusSource).Class <= loosest;

    /// <summary>As <see cref="Allows"/>, for a labelled file named <c>task/file</c> without its ending.</summary>
    public bool AllowsData(string file, LicenceClass loosest) => Find(Data, file).Class <= loosest;

    private static DataLicence Find(IReadOnlyList<DataLicence> list, string source) =>
        list.FirstOrDefault(one => one.Source == source) ?? throw new KeyNotFoundException($"docs/data-licences.json has no entry for '{source}'.");

    private static DataLicences Load()
    {
        using var stream = typeof(DataLicences).Assembly.GetManifestResourceStream("data-licences.json")!;
        return JsonSerializer.Deserialize<DataLicences>(stream, JsonSerializerOptions.Web)!;
    }
}
