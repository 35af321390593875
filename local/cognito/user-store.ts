import { DatabaseSync } from "node:sqlite";
import type { SignIn, UserRecord } from "./user-record.ts";

/** People and sign-ins on disk (SQLite, WAL: each change is atomic and survives a kill). Aliases point at usernames. */
const schema = `
  CREATE TABLE IF NOT EXISTS users (poolId TEXT NOT NULL, key TEXT NOT NULL, sub TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (poolId, key));
  CREATE UNIQUE INDEX IF NOT EXISTS usersBySub ON users (poolId, sub);
  CREATE TABLE IF NOT EXISTS aliases (poolId TEXT NOT NULL, alias TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (poolId, alias)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS signIns (id TEXT PRIMARY KEY, poolId TEXT NOT NULL, username TEXT NOT NULL, untilMs INTEGER NOT NULL, record TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS signInsByUser ON signIns (poolId, username);
`;

export class UserStore {
  readonly #db: DatabaseSync;

  constructor(file: string) {
    this.#db = new DatabaseSync(file);
    this.#db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000;");
    this.#db.exec(schema);
  }

  close(): void {
    this.#db.close();
  }

  /** By the key of the username (lower case in pools that ignore case), the sub, or an alias. */
  find(poolId: string, key: string): UserRecord | null {
    const sql =
      "SELECT record FROM users WHERE poolId=?1 AND key=?2 UNION ALL SELECT record FROM users WHERE poolId=?1 AND sub=?2 " +
      "UNION ALL SELECT record FROM users JOIN aliases USING (poolId, key) WHERE poolId=?1 AND alias=?2 LIMIT 1";
    const row = this.#db.prepare(sql).get(poolId, key);
    return row ? (JSON.parse(row.record as string) as UserRecord) : null;
  }

  /** False when the username or an alias is taken. */
  insert(key: string, user: UserRecord, aliases: readonly string[]): boolean {
    return this.#atomically(() => {
      const taken = [key, ...aliases].some((name) => this.find(user.poolId, name) !== null);
      if (taken) return false;
      this.#db.prepare("INSERT INTO users VALUES (?,?,?,?)").run(user.poolId, key, user.sub, JSON.stringify(user));
      this.#setAliases(user.poolId, key, aliases);
      return true;
    });
  }

  update(key: string, user: UserRecord, aliases: readonly string[]): boolean {
    return this.#atomically(() => {
      const others = aliases.some((alias) => (this.find(user.poolId, alias)?.sub ?? user.sub) !== user.sub);
      if (others) return false;
      this.#db.prepare("UPDATE users SET record=? WHERE poolId=? AND key=?").run(JSON.stringify(user), user.poolId, key);
      this.#setAliases(user.poolId, key, aliases);
      return true;
    });
  }

  remove(key: string, user: UserRecord): void {
    this.#atomically(() => {
      this.#db.prepare("DELETE FROM users WHERE poolId=? AND key=?").run(user.poolId, key);
      this.#db.prepare("DELETE FROM aliases WHERE poolId=? AND key=?").run(user.poolId, key);
      this.#db.prepare("DELETE FROM signIns WHERE poolId=? AND username=?").run(user.poolId, user.username);
      return true;
    });
  }

  list(poolId: string, after: string, limit: number): { key: string; user: UserRecord }[] {
    const rows = this.#db.prepare("SELECT key, record FROM users WHERE poolId=? AND key>? ORDER BY key LIMIT ?").all(poolId, after, limit);
    return rows.map((row) => ({ key: row.key as string, user: JSON.parse(row.record as string) as UserRecord }));
  }

  putSignIn(signIn: SignIn): void {
    this.#db
      .prepare("INSERT OR REPLACE INTO signIns VALUES (?,?,?,?,?)")
      .run(signIn.id, signIn.poolId, signIn.username, signIn.untilMs, JSON.stringify(signIn));
  }

  signIn(id: string): SignIn | null {
    const row = this.#db.prepare("SELECT record FROM signIns WHERE id=?").get(id);
    return row ? (JSON.parse(row.record as string) as SignIn) : null;
  }

  removeSignIns(poolId: string, username: string): void {
    this.#db.prepare("DELETE FROM signIns WHERE poolId=? AND username=?").run(poolId, username);
  }

  removeExpiredSignIns(nowMs: number): void {
    this.#db.prepare("DELETE FROM signIns WHERE untilMs<?").run(nowMs);
  }

  #setAliases(poolId: string, key: string, aliases: readonly string[]): void {
    this.#db.prepare("DELETE FROM aliases WHERE poolId=? AND key=?").run(poolId, key);
    for (const alias of aliases) this.#db.prepare("INSERT INTO aliases VALUES (?,?,?)").run(poolId, alias, key);
  }

  #atomically(work: () => boolean): boolean {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const done = work();
      this.#db.exec(done ? "COMMIT" : "ROLLBACK");
      return done;
    } catch (error) {
      this.#db.exec("ROLLBACK");
      throw error;
    }
  }
}
