namespace Detection.Storage;

/// <summary>What a store keeps of a message's words.</summary>
public enum StoredBodies
{
    /// <summary>All of it.</summary>
    On,

    /// <summary>
    /// Mail addresses, phone- and card-like numbers and the paths of links are masked, character by character, so that offsets stay right, see <see cref="Redaction"/>;
    /// the author stays, or nobody could be asked for or erased. Token scores are kept only where nothing of the text was masked: ranks and the model tell the words.
    /// </summary>
    Redacted,

    /// <summary>The words (text, hidden text, words of links) and the token scores are not kept; subject, author and targets of links are.</summary>
    Off,
}
