using Microsoft.Data.Sqlite;

namespace Detection.Streaming.Embedded;

/// <summary>One connection with its prepared statements; used by one thread at a time. SQLite's errors come out as <see cref="StreamException"/>.</summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _statements = [];
    private readonly string _path;

    public SqliteSession(string path, TimeSpan busyTimeout)
    {
        _path = path;
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = (int)busyTimeout.TotalSeconds }.ToString());
        try
        {
            Guard(() => { _connection.Open(); return 0; });
            Execute($"PRAGMA busy_timeout = {(int)busyTimeout.TotalMilliseconds}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Answers the number of rows changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        var statement = Statement(sql, values);
        return Guard(statement.ExecuteNonQuery);
    }

    /// <summary>The first column of the first row; the default where there is none or it is null.</summary>
    public T? Scalar<T>(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        var statement = Statement(sql, values);
        return Guard(() => statement.ExecuteScalar()) is T value ? value : default;
    }

    /// <summary>Reads rows until they end or <paramref name="read"/> says false.</summary>
    public void Query(Func<SqliteDataReader, bool> read, string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        var statement = Statement(sql, values);
        Guard(() =>
        {
            using var rows = statement.ExecuteReader();
            while (rows.Read() && read(rows)) { }
            return 0;
        });
    }

    /// <summary>All of it or nothing; the write lock is taken at once, so that it cannot fail half-way for another process's.</summary>
    public void Transaction(Action body)
    {
        Execute("BEGIN IMMEDIATE");
        try
        {
            body();
            Execute("COMMIT");
        }
        catch
        {
            // Some errors (disk full) have rolled back already; then there is nothing to roll back, and the first error is the one to tell.
            try { Execute("ROLLBACK"); }
            catch (StreamException) { }
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values) statement.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand Statement(string sql, ReadOnlySpan<(string Name, object? Value)> values)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            statement = _connection.CreateCommand();
            statement.CommandText = sql;
            foreach (var (name, _) in values) statement.Parameters.Add(new SqliteParameter { ParameterName = name });
            _statements[sql] = statement;
        }
        for (int i = 0; i < values.Length; i++) statement.Parameters[i].Value = values[i].Value ?? DBNull.Value;
        return statement;
    }

    private T Guard<T>(Func<T> action)
    {
        try { return action(); }
        catch (SqliteException failed) { throw Translate(failed); }
    }

    // Codes: https://sqlite.org/rescode.html
    private StreamException Translate(SqliteException failed) => failed.SqliteErrorCode switch
    {
        13 => new(StreamFault.Full, $"{_path} cannot grow: the disk is full, or the queue has reached its largest size (MaxFileBytes). Nothing of this call was accepted.", failed),
        11 or 26 => new(StreamFault.Corrupt, $"{_path} is damaged or no SQLite file: {failed.Message} Keep the file, and start with another data folder.", failed),
        5 or 6 => new(StreamFault.Unavailable, $"{_path} is locked by another process for longer than BusyTimeout.", failed),
        _ => new(StreamFault.Unavailable, $"{_path} cannot be used: {failed.Message}", failed),
    };
}
