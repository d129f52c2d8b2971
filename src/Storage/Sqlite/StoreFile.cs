namespace Detection.Storage.Sqlite;

/// <summary>The store's file: its tables by version, and the connections to it.</summary>
internal static class StoreFile
{
    // "Detc": tells a verdict store from any other SQLite file.
    internal const int ApplicationId = 0x44657463;

    // Entry i brings a file of version i to version i + 1. An entry that was released is never changed.
    internal static readonly string[] Migrations =
    [
        // verdicts is narrow, so that filters and counts read little; what is long lies in documents, token scores last, so that reading the JSON does not touch them.
        // What is searched of a text is bounded: highlights read it anew for each hit.
        // row rises with every verdict stored: watchers follow it. action: 0 allow, 1 review, 2 hold. processed_at: 100 ns since year 1, UTC.
        """
        CREATE TABLE verdicts (
            row INTEGER PRIMARY KEY AUTOINCREMENT, verdict_id TEXT NOT NULL UNIQUE, message_id TEXT NOT NULL, content TEXT NOT NULL, processed_at INTEGER NOT NULL,
            action INTEGER NOT NULL, channel TEXT NOT NULL, authorship TEXT NOT NULL, mail TEXT NOT NULL, suspicion REAL NOT NULL);
        CREATE INDEX verdicts_newest ON verdicts (processed_at, row, action, channel, authorship, mail);
        CREATE INDEX verdicts_suspicious ON verdicts (action, suspicion, row);
        CREATE INDEX verdicts_message ON verdicts (message_id, content);
        CREATE TABLE documents (row INTEGER PRIMARY KEY, json TEXT NOT NULL, token_scores BLOB);
        CREATE TABLE techniques (name TEXT NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (name, row)) WITHOUT ROWID;
        CREATE TABLE authors (name TEXT NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (name, row)) WITHOUT ROWID;
        CREATE TABLE decisions (seq INTEGER PRIMARY KEY AUTOINCREMENT, decision_id TEXT NOT NULL UNIQUE, message_id TEXT NOT NULL, content TEXT NOT NULL, json TEXT NOT NULL);
        CREATE INDEX decisions_message ON decisions (message_id, content, seq);
        CREATE TABLE decided (message_id TEXT NOT NULL, content TEXT NOT NULL, seq INTEGER NOT NULL UNIQUE, json TEXT NOT NULL, PRIMARY KEY (message_id, content)) WITHOUT ROWID;
        CREATE VIEW search_source AS SELECT row, json ->> '$.message.subject' AS subject, substr(json ->> '$.message.text', 1, 262144) AS text,
            concat_ws(' ', json ->> '$.message.author.name', json ->> '$.message.author.address', json ->> '$.message.author.id') AS author FROM documents;
        CREATE VIRTUAL TABLE search USING fts5 (subject, text, author, content = 'search_source', content_rowid = 'row', tokenize = 'unicode61 remove_diacritics 2');
        """,
        // Accounts and campaigns to count by; what changed about decisions and was not published (a change gives it a new version); records of erasures; aliases of bundles.
        // The index for words overwrites what is deleted from it.
        """
        ALTER TABLE verdicts ADD COLUMN account TEXT;
        ALTER TABLE verdicts ADD COLUMN campaign TEXT;
        UPDATE verdicts SET (account, campaign) = (
            SELECT lower(coalesce(nullif(json ->> '$.message.author.address', ''), nullif(json ->> '$.message.author.id', ''), nullif(json ->> '$.message.author.name', ''))), json ->> '$.campaign.id'
            FROM documents WHERE documents.row = verdicts.row);
        CREATE INDEX verdicts_account ON verdicts (account) WHERE account IS NOT NULL;
        CREATE INDEX verdicts_campaign ON verdicts (campaign) WHERE campaign IS NOT NULL;
        CREATE TABLE outbox (version INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL, content TEXT NOT NULL, UNIQUE (message_id, content));
        INSERT INTO outbox (message_id, content) SELECT DISTINCT message_id, content FROM decisions;
        CREATE TABLE erasures (seq INTEGER PRIMARY KEY AUTOINCREMENT, json TEXT NOT NULL);
        CREATE TABLE aliases (bundle TEXT NOT NULL, alias TEXT NOT NULL, version TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (bundle, alias)) WITHOUT ROWID;
        INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
        """,
    ];

    /// <summary>The connection that writes. In WAL with synchronous=FULL every commit is flushed to disk before it returns.</summary>
    public static SqliteSession OpenWriter(VerdictStoreOptions options)
    {
        Directory.CreateDirectory(options.Folder);
        var session = new SqliteSession(options.FilePath, options.BusyTimeout);
        try
        {
            session.Execute("PRAGMA journal_mode = WAL");
            session.Execute("PRAGMA synchronous = FULL");
            // What is erased is overwritten, not only unlinked.
            session.Execute("PRAGMA secure_delete = ON");
            session.Execute("PRAGMA journal_size_limit = 67108864");
            session.Transaction(() => Migrate(session, options.FilePath));
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    public static SqliteSession OpenReader(VerdictStoreOptions options)
    {
        var session = new SqliteSession(options.FilePath, options.BusyTimeout);
        session.Execute("PRAGMA query_only = ON");
        return session;
    }

    /// <exception cref="StoreException">The file is gone, cannot be opened or is no verdict store.</exception>
    public static void Check(VerdictStoreOptions options)
    {
        string path = options.FilePath;
        if (!File.Exists(path)) throw new StoreException(StoreFault.Unavailable, $"{path} is missing{(Directory.Exists(options.Folder) ? "" : ", and so is its folder")}. Stop the program, put the file back or mount its folder, and start again.");
        using var session = OpenReader(options);
        if (session.Scalar<long>("PRAGMA application_id") != ApplicationId) throw new StoreException(StoreFault.Corrupt, $"{path} is no verdict store any more.");
    }

    private static void Migrate(SqliteSession session, string path)
    {
        long application = session.Scalar<long>("PRAGMA application_id"), version = session.Scalar<long>("PRAGMA user_version");
        if (application != ApplicationId && session.Scalar<long>("SELECT count(*) FROM sqlite_schema") > 0)
            throw new StoreException(StoreFault.Corrupt, $"{path} is a SQLite file of something else, no verdict store. Use another data folder.");
        if (version > Migrations.Length)
            throw new StoreException(StoreFault.NewerVersion, $"{path} was written by a newer version of Detection (form {version}, this program knows {Migrations.Length}). Use that version, or another data folder.");
        for (; version < Migrations.Length; version++) session.Execute(Migrations[version]);
        session.Execute($"PRAGMA application_id = {ApplicationId}");
        session.Execute($"PRAGMA user_version = {version}");
    }
}
