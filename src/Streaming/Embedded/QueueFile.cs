namespace Detection.Streaming.Embedded;

/// <summary>The file of one topic: its tables, made when missing, and the connections to it.</summary>
internal static class QueueFile
{
    private const int Version = 1;

    // A record's row id is its partition (upper 16 bits) and offset, so that each partition is one range of the table in order.
    // position: everything below is finished. Records below the position are deleted as it moves.
    private const string Tables = """
        CREATE TABLE partitions (partition INTEGER PRIMARY KEY, next_offset INTEGER NOT NULL, position INTEGER NOT NULL);
        CREATE TABLE records (id INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, key TEXT, headers TEXT NOT NULL, value BLOB NOT NULL);
        CREATE TABLE dead_letters (
            id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL, timestamp INTEGER NOT NULL, key TEXT,
            headers TEXT NOT NULL, consumer TEXT NOT NULL, exception TEXT NOT NULL, message TEXT NOT NULL, attempts INTEGER NOT NULL, at INTEGER NOT NULL, value BLOB NOT NULL,
            UNIQUE (topic, partition, offset));
        """;

    /// <summary>The connection that writes. In WAL with synchronous=FULL every commit is flushed to disk before it returns.</summary>
    public static SqliteSession OpenWriter(EmbeddedStreamOptions options)
    {
        Directory.CreateDirectory(options.Folder);
        var session = new SqliteSession(options.FilePath, options.BusyTimeout);
        try
        {
            session.Execute("PRAGMA auto_vacuum = INCREMENTAL"); // counts only for a file that has no tables yet
            session.Execute("PRAGMA journal_mode = WAL");
            session.Execute("PRAGMA synchronous = FULL");
            session.Execute("PRAGMA journal_size_limit = 67108864");
            session.Transaction(() => Migrate(session, options));
            long pageSize = session.Scalar<long>("PRAGMA page_size");
            session.Execute($"PRAGMA max_page_count = {Math.Clamp(options.MaxFileBytes / pageSize, 1, 4294967294)}");
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    public static SqliteSession OpenReader(EmbeddedStreamOptions options)
    {
        var session = new SqliteSession(options.FilePath, options.BusyTimeout);
        session.Execute("PRAGMA query_only = ON");
        return session;
    }

    /// <summary>Gives free pages beyond 16 MiB back to the file system, 4 MiB at a time: a burst does not leave a large file behind. True: there are more.</summary>
    public static bool Shrink(SqliteSession writer)
    {
        if (writer.Scalar<long>("PRAGMA freelist_count") <= 4096) return false;
        writer.Query(_ => true, "PRAGMA incremental_vacuum(1024)");
        return true;
    }

    private static void Migrate(SqliteSession session, EmbeddedStreamOptions options)
    {
        long version = session.Scalar<long>("PRAGMA user_version");
        if (version > Version)
            throw new StreamException(StreamFault.NewerVersion, $"{options.FilePath} was written by a newer version of Detection (form {version}, this program knows {Version}). Use that version, or another data folder.");
        if (version == Version) return;
        session.Execute(Tables);
        for (int partition = 0; partition < options.Partitions; partition++)
            session.Execute("INSERT INTO partitions VALUES ($partition, 0, 0)", ("$partition", partition));
        session.Execute($"PRAGMA user_version = {Version}");
    }
}
