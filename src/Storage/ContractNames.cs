using System.Text.Json;
using Detection.Contracts;

namespace Detection.Storage;

/// <summary>Values of the contract's enumerations as they stand in columns and documents: their JSON names.</summary>
internal static class ContractNames
{
    public static string Of<T>(T value) where T : struct, Enum => JsonSerializer.SerializeToElement(value, ContractJson.Options).GetString()!;
}
