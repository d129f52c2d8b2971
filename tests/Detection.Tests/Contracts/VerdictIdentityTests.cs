using Detection.Contracts;

namespace Detection.Tests.Contracts;

public sealed class VerdictIdentityTests
{
    /// <summary>Golden: computed with Python's hashlib and struct over the same length-prefixed parts.</summary>
    [Fact]
    public void A_verdict_id_is_the_same_on_every_machine()
    {
        var message = new Message { Id = "m-1", Subject = "Grüße", Text = "Hello\nworld 😀" };
        string content = VerdictIdentity.ContentSha256(message);
        Assert.Equal("403b7ef1df7ca7f44c6a0e571e8b0854750e212e9ab360a4a7938c866a968208", content);
        Assert.Equal("3aafd1dd7da439520435f745ea5474c9", VerdictIdentity.VerdictId("m-1", content, "b", "r"));
    }

    [Fact]
    public void A_message_without_an_id_gets_one_from_canonical_json()
    {
        var message = new Message { Text = "a \"b\" <c> é", Author = new Author("x", Address: "x@y.example"), Channel = Channel.Sms };
        Assert.Equal("sha256:29c19316d7edf48969cd7b6170e7d2bcbfd5ea69adae09cf32568d6b6ea46647", VerdictIdentity.MessageId(message));
    }

    [Fact]
    public void Parts_do_not_run_into_each_other() =>
        Assert.NotEqual(VerdictIdentity.ContentSha256(new Message { Subject = "ab", Text = "c" }), VerdictIdentity.ContentSha256(new Message { Subject = "a", Text = "bc" }));

    [Fact]
    public void Half_a_surrogate_pair_hashes_like_the_replacement_character() =>
        Assert.Equal(VerdictIdentity.MessageId(new Message { Text = "a\uFFFDb" }), VerdictIdentity.MessageId(new Message { Text = "a\uD83Db" }));
}
