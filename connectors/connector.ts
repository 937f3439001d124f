// The core interface every source system implements, and the extra capabilities that are probed at registration.
import type { ReadPosition } from '../domain/read-position.ts';
import type { ReferenceKey, SourcePage } from '../domain/source-entry.ts';
import type { OpenUploaded } from './source-file.ts';

/** What a project reads: one class below one base (null: each base DN of the connection), by a filter. */
export interface SourceScope {
  objectClass: string;
  /** null means every base of the connection; a CSV source has no bases. */
  baseDn: string | null;
  /** In the source's own language (RFC 4515 for LDAP); null means the class's default. */
  filter: string | null;
}

export type CheckName = 'resolve' | 'connect' | 'tls' | 'bind' | 'base' | 'read';

/** One check of a connection test; those after a failed one are not listed. */
export interface ConnectionCheck {
  name: CheckName;
  ok: boolean;
  message: string;
  durationMs: number;
}

export interface ConnectionTest {
  ok: boolean;
  checks: ConnectionCheck[];
  /** Vendor, version, naming contexts … as far as the source says; never a secret. */
  serverInfo: Record<string, string | string[]>;
}

/** One attribute of a source's schema. */
export interface SchemaAttribute {
  name: string;
  multiValued: boolean;
  binary: boolean;
  /** Classes that may or must have it; empty where the source has no classes. */
  objectClasses: string[];
}

/**
 * A source system, opened for one piece of work and closed after it.
 *
 * Errors are AppErrors with a source code (`invalid_credentials`, `connection_refused`, …), whose class decides
 * whether the step is tried again. A read that could not be completed throws; it never just ends.
 */
export interface Connector {
  /** The scopes a project gets that names none. */
  defaultScopes(): SourceScope[];
  /** Connects and authenticates, so that a wrong password shows before anything is read. */
  connect(signal: AbortSignal): Promise<void>;
  /** Runs the named checks in order, each within its time-out; a failed check is a result, not an error. */
  test(signal: AbortSignal): Promise<ConnectionTest>;
  /**
   * Every entry in the scopes, page by page, in constant memory, each to be decoded by the caller if it is needed
   * (an undecoded one keeps what it arrived in, so that pages should not be collected). The first scope that matches an entry gives it
   * its class; an entry that two scopes or bases match may come twice, the caller drops the second.
   * The next page is asked for ahead, while the caller works on this one.
   */
  read(scopes: SourceScope[], signal: AbortSignal): AsyncIterable<SourcePage>;
  /** The key by which a raw reference value (a manager's DN, a member value) is compared; null: cannot be one. */
  referenceKey(value: string, attribute: string): ReferenceKey | null;
  close(): Promise<void>;
}

/** Capability: looks entries up by id under the scopes, without attributes, to tell a move from a deletion. */
export interface LookupById {
  /** The subset of `sourceIds` that the source still has within the scopes. */
  findExisting(sourceIds: string[], scopes: SourceScope[], signal: AbortSignal): Promise<Set<string>>;
}

/** Capability: looks entries up by id wherever they are; of sources whose members are links, which end with an entry. */
export interface LookupAnywhere {
  /** The subset of `sourceIds` that the source still has, in or out of any scope, and the bind account may see. */
  findAnywhere(sourceIds: string[], signal: AbortSignal): Promise<Set<string>>;
}

/** Capability: says which attributes the source knows. */
export interface DescribesSchema {
  schema(signal: AbortSignal): Promise<SchemaAttribute[]>;
}

/**
 * Where a later read of changes may begin. Made by a connector and understood by it alone; kept with the project as
 * JSON, so it holds no secret. Full and incremental runs have one each, which moves when the run is complete.
 */
export type Watermark = Record<string, string | number>;

/**
 * An entry as a scan of ids brings it: enough to tell that it is there, and under which name. The name is spelled as
 * a read spells it; who compares them takes any difference for a reason to read the entry again.
 */
export interface ScannedId {
  sourceId: string;
  distinguishedName: string | null;
}

/** Capability: reads what changed since an earlier read. */
export interface ReadsChanges {
  /**
   * Asked before a read begins: where the next read of changes may begin.
   * @throws AppError `watermark_unusable` when the source cannot tell what changed: the message says why
   */
  watermark(signal: AbortSignal): Promise<Watermark>;
  /**
   * The entries in the scopes that changed since `since`; some that did not may come along, none is missed. Such a
   * read is blind to renamed containers, to what left the filter and to what is gone: the scan finds those.
   * @throws AppError `watermark_unusable` when it cannot tell (another server answers, its log was cut): the message
   *   says why, and a full read is due
   */
  readChanges(scopes: SourceScope[], since: Watermark, signal: AbortSignal): AsyncIterable<SourcePage>;
}

/** Capability: lists what is in the scopes, without attributes, and reads single entries again by their ids. */
export interface ScansIds {
  /** As `read` does, an entry that two scopes match may come twice; those without a usable id are left out. */
  scanIds(scopes: SourceScope[], signal: AbortSignal): AsyncIterable<ScannedId[]>;
  /** The entries with these ids in full, as `read` brings them; those that are gone meanwhile are left out. */
  readByIds(sourceIds: string[], scopes: SourceScope[], signal: AbortSignal): AsyncIterable<SourcePage>;
}

/** Capability: lists what was deleted, where the source keeps a record of it. */
export interface ListsDeletions {
  /**
   * Ids of entries that were deleted since `since`, whatever their scope was; not all of them where the account may
   * not see each record, so that only a scan of ids can say that nothing else is gone.
   * @throws AppError `watermark_unusable` as `readChanges` does
   */
  deletedSince(since: Watermark, signal: AbortSignal): AsyncIterable<string[]>;
}

/** The source is not as it was when a position was made: it is read from its beginning. */
export class PositionLost extends Error {
  override readonly name = 'PositionLost';
}

/** Capability: each page of a `read` has a position, and a later read can go on behind it. */
export interface ResumesReads {
  /**
   * What a `read` of the same scopes, with the same config, has not brought up to `position`.
   * @throws PositionLost before its first page
   */
  resume(scopes: SourceScope[], position: ReadPosition, signal: AbortSignal): AsyncIterable<SourcePage>;
}

export type CapableConnector = Connector &
  Partial<LookupById> &
  Partial<LookupAnywhere> &
  Partial<DescribesSchema> &
  Partial<ReadsChanges> &
  Partial<ScansIds> &
  Partial<ResumesReads> &
  Partial<ListsDeletions>;

/** What the house gives every connector. */
export interface ConnectorContext {
  /** The import folder: beside uploaded files, the only place files are read from. */
  importDirectory: string;
  /** Opens files that were uploaded to a connection; left out where there can be none. */
  openUploaded?: OpenUploaded;
  /** Sources at link-local addresses may be dialled; cloud metadata services never are. Default: false. */
  allowLinkLocalSources?: boolean;
  /** Names of attributes that are secret here besides those that always are. */
  secretAttributes?: string[];
}

/** A connection as a connector gets it: the config with its secrets decrypted. Never logged, never returned. */
export interface OpenConnection {
  id: string;
  type: string;
  config: Record<string, unknown>;
}
