using System.Security.Cryptography;
using System.Text;

namespace Detection.Learning.Data;

/// <summary>A row, the cluster of near-copies that it belongs to in its own file, and what shipped heads may do with it.</summary>
public sealed record PlacedRow(LabelledRow Row, string Cluster, RowUse Use);

/// <summary>Labelled files with one map of near-duplicates over all of them. Clusters only remove rows from what teaches or sets thresholds.</summary>
public sealed class LabelledSet
{
    private LabelledSet(IReadOnlyList<PlacedRow> rows, int removed) => (Rows, Removed) = (rows, removed);

    /// <summary>In the order of files and lines; without rows that may neither teach nor set thresholds because a twin is measured.</summary>
    public IReadOnlyList<PlacedRow> Rows { get; }

    /// <summary>Rows left out because of a twin.</summary>
    public int Removed { get; }

    public IEnumerable<PlacedRow> For(RowUse use) => Rows.Where(row => row.Use == use);

    /// <exception cref="InvalidDataException">Names the file, the line and the field that is wrong.</exception>
    public static LabelledSet Read(IEnumerable<string> files) => Of([.. files.SelectMany(LabelledFile.Read)]);

    public static LabelledSet Of(IReadOnlyList<LabelledRow> rows)
    {
        var everywhere = new NearDuplicates([.. rows.Select(row => row.Text)]);
        string[] clusters = ClustersInFile(rows);
        var placed = rows.Select((row, i) => new PlacedRow(row, clusters[i], SplitRules.UseOf(row, row.Group ?? clusters[i]))).ToArray();
        // The strictest use of a cluster wins: measured, then thresholds, then teaching.
        var strictest = new RowUse[rows.Count];
        for (int i = 0; i < placed.Length; i++) strictest[everywhere.ClusterOf(i)] = Stricter(strictest[everywhere.ClusterOf(i)], placed[i].Use);
        var kept = placed.Where((row, i) => row.Use == RowUse.Measured || row.Use == strictest[everywhere.ClusterOf(i)]).ToArray();
        return new LabelledSet(kept, rows.Count - kept.Length);
    }

    /// <summary>A name that the cluster has whatever other files are read: the smallest hash of a text in it.</summary>
    private static string[] ClustersInFile(IReadOnlyList<LabelledRow> rows)
    {
        string[] names = new string[rows.Count];
        foreach (var file in Enumerable.Range(0, rows.Count).GroupBy(i => rows[i].File, StringComparer.Ordinal))
        {
            int[] members = [.. file];
            var near = new NearDuplicates([.. members.Select(i => rows[i].Text)]);
            var smallest = new Dictionary<int, string>();
            for (int i = 0; i < members.Length; i++)
            {
                string hash = HashOf(rows[members[i]].Text);
                int cluster = near.ClusterOf(i);
                if (!smallest.TryGetValue(cluster, out string? known) || string.CompareOrdinal(hash, known) < 0) smallest[cluster] = hash;
            }
            for (int i = 0; i < members.Length; i++) names[members[i]] = smallest[near.ClusterOf(i)];
        }
        return names;
    }

    /// <summary>Even and fixed: rows are sampled in the order of this hash.</summary>
    internal static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..24];

    /// <summary>Of a set of texts, whatever their order: stands for the hash of a file where there is none.</summary>
    internal static string HashOf(IEnumerable<string> texts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', texts.Select(HashOf).Order(StringComparer.Ordinal)))));

    private static RowUse Stricter(RowUse a, RowUse b) => a > b ? a : b;
}
