using CsCheck;

namespace Detection.Tests.Ingest;

internal static class Pick
{
    /// <summary>One of these, each as likely.</summary>
    public static Gen<string> Of(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
