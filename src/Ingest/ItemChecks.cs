using Detection.Contracts;

namespace Detection.Ingest;

/// <summary>JSON can put null where the contract has an entry, and a compiler cannot see it.</summary>
internal static class ItemChecks
{
    /// <exception cref="IngestException">Names the list and the entry.</exception>
    public static void Check(Message sent)
    {
        Each(sent.Recipients, "recipients", to => to is not null);
        Each(sent.Urls, "urls", url => url is not null);
        Each(sent.Attachments, "attachments", attachment => attachment is not null);
        Each(sent.Headers, "headers", header => header is { Name: not null, Value: not null });
        Each(sent.Links, "links", link => link is { Text: not null, Target: not null });
        Each(sent.Hidden, "hidden", hidden => hidden is { Reason: not null, Text: not null });
        Each(sent.Facts, "facts", fact => fact is { Name: not null, Detail: not null });
    }

    private static void Each<T>(IReadOnlyList<T?>? items, string field, Func<T?, bool> isWhole)
    {
        for (int i = 0; i < (items?.Count ?? 0); i++)
            if (!isWhole(items![i])) throw new IngestException($"{field}[{i}]: null, or a part of it is missing.");
    }
}
