using System.Text.Json;
using Detection.Contracts;

namespace Detection.Storage.Sqlite;

/// <summary>Values of the contract's enumerations as they stand in columns: their JSON names; actions as numbers, because they are ordered.</summary>
internal static class ColumnNames
{
    public static string Of<T>(T value) where T : struct, Enum => JsonSerializer.SerializeToElement(value, ContractJson.Options).GetString()!;

    public static int Rank(VerdictAction action) => action switch { VerdictAction.Hold => 2, VerdictAction.Review => 1, _ => 0 };
}
