using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Detection.Tests;

/// <summary>An authority of its own with the certificate of one host, as PEM files.</summary>
internal sealed class Certificates : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <param name="host">A name or an IP address.</param>
    public Certificates(string host)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = Request("CN=test authority", authorityKey, isAuthority: true).CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request($"CN={host}", key, isAuthority: false);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out var address)) names.AddIpAddress(address);
        else names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, now.AddDays(-1), now.AddDays(1), RandomNumberGenerator.GetBytes(16));
        File.WriteAllText(Authority, authority.ExportCertificatePem());
        File.WriteAllText(Server, key.ExportPkcs8PrivateKeyPem() + "\n" + certificate.ExportCertificatePem());
    }

    /// <summary>What a client has to trust.</summary>
    public string Authority => _folder.File("authority.pem");

    /// <summary>Private key and certificate of the server.</summary>
    public string Server => _folder.File("server.pem");

    public void Dispose() => _folder.Dispose();

    private static CertificateRequest Request(string name, ECDsa key, bool isAuthority)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, hasPathLengthConstraint: false, 0, critical: true));
        return request;
    }
}
