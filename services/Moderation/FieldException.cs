namespace Detection.Moderation;

/// <summary>A request that cannot be taken, and the field that is why; answered as RFC 9457 problem details.</summary>
internal sealed class FieldException(string field, string problem, int status = StatusCodes.Status400BadRequest) : Exception($"{field} {problem}.")
{
    public string Field { get; } = field;
    public int Status { get; } = status;
}
