using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Detection.ServiceDefaults;

/// <summary>Where a host listens. Without authentication that is loopback only, however the address was configured.</summary>
public static class LoopbackAddress
{
    private const int PortsTried = 100;

    /// <summary>The first address with a free port, from the one given upwards; for hosts that rather start elsewhere than not at all.</summary>
    /// <exception cref="InvalidOptionsException">Not a loopback address, or a hundred ports in a row are taken.</exception>
    public static string FirstFree(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var wanted) || !wanted.IsLoopback)
            throw new InvalidOptionsException($"Detection:Http:Urls must be a loopback address such as http://127.0.0.1:5080 (it is '{url}')");
        for (int port = wanted.Port; port < wanted.Port + PortsTried && port <= IPEndPoint.MaxPort; port++)
            if (port == 0 || IsFree(port)) return new UriBuilder(wanted) { Port = port }.Uri.GetLeftPart(UriPartial.Authority);
        throw new InvalidOptionsException($"Detection:Http:Urls: port {wanted.Port} and the {PortsTried - 1} after it are taken");
    }

    /// <summary>Whether a start failed because another program listens there.</summary>
    public static bool IsTaken(IOException failure) => failure.InnerException is AddressInUseException;

    internal static string Explain(IOException failure) =>
        $"{failure.Message.Split(": address already in use", StringSplitOptions.None)[0].Replace("Failed to bind to address ", "Cannot listen on ", StringComparison.Ordinal)}: another program uses this port. Stop it, or choose another address with Detection__Http__Urls.";

    internal static void AddListening(this WebApplicationBuilder builder, DetectionOptions options)
    {
        var listening = new Listening();
        builder.Services.AddSingleton(listening);
        builder.WebHost.UseUrls(options.Http.Urls);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.Http.MaxBody;
            // Called for every address, from whichever setting it came.
            kestrel.ConfigureEndpointDefaults(listen =>
            {
                if (listen.EndPoint is not IPEndPoint ip || IPAddress.IsLoopback(ip.Address)) return;
                if (!options.Auth.IsConfigured) throw Refusal(ip.ToString());
                listening.BeyondLoopback = true;
            });
        });
        // The usual case is named before a model is loaded.
        builder.Services.AddOpening((_, _) => options.Auth.IsConfigured || options.Http.Urls.Split(';').FirstOrDefault(IsBeyond) is not { } url ? Task.CompletedTask : throw Refusal(url.Trim()));
    }

    /// <summary>A name that is neither localhost nor an address means all addresses, as <c>*</c> does.</summary>
    private static bool IsBeyond(string url) =>
        url.Split("://", 2) is [_, var rest] && !rest.StartsWith("unix:/", StringComparison.Ordinal) && Uri.TryCreate($"http://{rest.Trim().Replace('*', '0').Replace('+', '0')}", UriKind.Absolute, out var address) && !address.IsLoopback;

    private static InvalidOptionsException Refusal(string address) => new($"Detection:Http:Urls asks to listen on {address}, which other machines can reach, and no authentication is configured. "
        + "Set Detection:Auth:KeysFile or Detection:Auth:UsersFile (detection keys add, detection users add), or listen on 127.0.0.1, ::1 or localhost");

    private static bool IsFree(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = true };
            probe.Start();
            return true;
        }
        catch (SocketException) { return false; }
    }
}

/// <summary>Where this host listens; known once Kestrel has its addresses.</summary>
internal sealed class Listening
{
    public bool BeyondLoopback { get; set; }
}
