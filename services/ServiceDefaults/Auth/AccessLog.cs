using System.Net;
using Microsoft.Extensions.Logging;

namespace Detection.ServiceDefaults.Auth;

/// <summary>Every log line of authentication; none holds a key, a password, or a name that is no account (it may be a password in the wrong field).</summary>
internal static partial class AccessLog
{
    [LoggerMessage(1, LogLevel.Warning, "{File} can be read by everybody on this machine; chmod 600 keeps its hashes to its owner")]
    public static partial void Readable(ILogger log, string file);

    [LoggerMessage(2, LogLevel.Information, "{File} has changed and is in force")]
    public static partial void ReadAgain(ILogger log, string file);

    [LoggerMessage(3, LogLevel.Error, "The last good keys and accounts stay in force: {Problem}")]
    public static partial void Broken(ILogger log, string problem);

    [LoggerMessage(4, LogLevel.Information, "{Name} signed in from {Address}")]
    public static partial void SignedIn(ILogger log, string name, IPAddress? address);

    [LoggerMessage(5, LogLevel.Warning, "A sign-in from {Address} failed")]
    public static partial void Refused(ILogger log, IPAddress? address);

    [LoggerMessage(6, LogLevel.Warning, "{Address} is open to other machines without TLS: keys, passwords and messages travel readable. Put TLS before it, or listen on https")]
    public static partial void PlainText(ILogger log, string address);
}
