using System.Diagnostics;
using System.Text;
using CloudNative.CloudEvents.Extensions;
using Detection.Streaming;

namespace Detection.Tests.Streaming;

public sealed class CloudEventHeadersTests
{
    private const string TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    public void An_event_is_headers_a_key_and_a_value_and_is_read_as_it_was_made()
    {
        var made = CloudEventHeaders.Event("m1", "https://example.org/mx", "detection.message.v1", Some.Time, "message/rfc822", Encoding.UTF8.GetBytes("mail"), "anna");
        made.Subject = "ä";
        var record = CloudEventHeaders.ToRecord(made);
        Assert.Equal("anna", record.Key);
        Assert.Equal("mail", Encoding.UTF8.GetString(record.Value.Span));
        Assert.Equal(new Dictionary<string, string>
        {
            ["ce_specversion"] = "1.0",
            ["ce_id"] = "m1",
            ["ce_source"] = "https://example.org/mx",
            ["ce_type"] = "detection.message.v1",
            ["ce_time"] = "2026-01-31T08:30:00Z",
            ["ce_subject"] = "ä",
            ["content-type"] = "message/rfc822",
        }, record.Headers.ToDictionary());
        var read = CloudEventHeaders.Read(Received(record));
        Assert.NotNull(read);
        Assert.Equal((made.Id, made.Source, made.Type, made.Time, made.Subject, made.DataContentType, "anna"), (read.Id, read.Source, read.Type, read.Time, read.Subject, read.DataContentType, read.GetPartitionKey()));
        Assert.Equal(record.Value.ToArray(), ((ReadOnlyMemory<byte>)read.Data!).ToArray());
    }

    [Fact]
    public void A_plain_message_is_no_event() => Assert.Null(CloudEventHeaders.Read(With(("content-type", "application/json"), ("traceparent", TraceParent))));

    [Theory]
    [InlineData("ce_id")]
    [InlineData("ce_source")]
    [InlineData("ce_type")]
    [InlineData("ce_specversion")]
    public void A_header_that_is_missing_is_named(string missing)
    {
        var wrong = Assert.Throws<FormatException>(() => CloudEventHeaders.Read(With([.. Whole.Where(header => header.Name != missing)])));
        Assert.Contains(missing, wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ce_specversion", "0.3")]
    [InlineData("ce_time", "yesterday")]
    [InlineData("ce_id", "")]
    [InlineData("ce_dataschema", "not absolute")]
    public void A_header_that_is_wrong_is_named_and_its_value_is_not(string name, string value)
    {
        var wrong = Assert.Throws<FormatException>(() => CloudEventHeaders.Read(With([.. Whole.Where(header => header.Name != name), (name, value)])));
        Assert.Contains(name, wrong.Message, StringComparison.Ordinal);
        if (value.Length > 0 && name != "ce_specversion") Assert.DoesNotContain(value, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Extensions_of_a_sender_are_kept_and_names_may_be_in_any_case()
    {
        var read = CloudEventHeaders.Read(With([.. Whole.Select(header => (header.Name.ToUpperInvariant(), header.Value)), ("ce_myext", "x"), ("ce_not-a-name", "y")]));
        Assert.Equal("x", read!["myext"]);
    }

    [Theory]
    [InlineData("traceparent")]
    [InlineData("ce_traceparent")]
    public void The_trace_of_a_delivery_is_found(string header)
    {
        var trace = CloudEventHeaders.Trace(With((header, TraceParent), ("tracestate", "a=1")));
        Assert.NotNull(trace);
        Assert.Equal(("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "a=1", true), (trace.Value.TraceId.ToHexString(), trace.Value.SpanId.ToHexString(), trace.Value.TraceState, trace.Value.IsRemote));
    }

    [Fact]
    public void A_trace_that_is_wrong_is_none() => Assert.Null(CloudEventHeaders.Trace(With(("traceparent", "00-zz"))));

    [Fact]
    public void What_goes_out_carries_the_current_trace_in_place_of_an_older_one()
    {
        using var activity = new Activity("process").SetIdFormat(ActivityIdFormat.W3C).SetParentId(TraceParent);
        activity.TraceStateString = "a=1";
        activity.Start();
        var record = CloudEventHeaders.WithTrace(new OutgoingRecord("k", default, [new("ce_id", "1"), new("traceparent", "old"), new("ce_tracestate", "old")]), activity);
        Assert.Equal([new("ce_id", "1"), new("traceparent", activity.Id!), new("tracestate", "a=1")], record.Headers);
        Assert.Equal(activity.TraceId, CloudEventHeaders.Trace(Received(record))!.Value.TraceId);
        Assert.Same(record, CloudEventHeaders.WithTrace(record, null));
    }

    private static readonly (string Name, string Value)[] Whole = [("ce_specversion", "1.0"), ("ce_id", "m1"), ("ce_source", "a/b"), ("ce_type", "detection.message.v1")];

    private static Delivery With(params (string Name, string Value)[] headers) => new("t", 0, 0, Some.Time, null, default, [.. headers.Select(header => KeyValuePair.Create(header.Name, header.Value))]);

    private static Delivery Received(OutgoingRecord record) => new("t", 0, 0, Some.Time, record.Key, record.Value, record.Headers);
}
