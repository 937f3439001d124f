// Says of the attributes that transforms read which the accounts of a person lack: a misspelt name shows before it is saved.
import { nearName } from '../near-name.ts';
import { isAccountProperty } from '../transforms/account-filter.ts';
import type { AccountReads } from '../transforms/transform-kind.ts';
import { findSource, type Source } from './profile-config.ts';

/** What of accounts a mapping reads. */
interface MappingReads {
  /** The identity attribute. */
  name: string;
  accounts: readonly AccountReads[];
}

/** What the accounts on a connection have: the person's own, and some others. */
interface KnownAttributes {
  connectionId: string;
  accounts: number;
  own: readonly string[];
  sampled: number;
  others: readonly string[];
}

export interface PreviewWarning {
  /** The identity attribute whose transforms read it. */
  name: string;
  message: string;
}

/** A warning for each source without an account, and for each attribute that no account of the person has. */
export function previewWarnings(
  mappings: readonly MappingReads[],
  sources: readonly Source[],
  known: readonly KnownAttributes[],
): PreviewWarning[] {
  const byConnection = new Map(known.map((attributes) => [attributes.connectionId, attributes]));
  return mappings.flatMap(({ name, accounts }) =>
    accounts.flatMap(({ attributes, ...reference }) => {
      const source = findSource(sources, reference);
      const there = source && byConnection.get(source.id);
      if (!there) return [];
      return attributes
        .filter(
          (attribute) =>
            !isAccountProperty(attribute) && !(there.accounts > 0 && there.own.includes(attribute)),
        )
        .map((attribute) => ({ name, message: missing(attribute, source.name, there) }));
    }),
  );
}

function missing(
  attribute: string,
  source: string,
  { accounts, own, sampled, others }: KnownAttributes,
): string {
  const [person, known] = [`The person has no account on '${source}'`, [...own, ...others]];
  if (others.includes(attribute))
    return accounts === 0
      ? `${person}, whose attribute '${attribute}' is read.`
      : `The attribute '${attribute}' occurs in no account of the person on '${source}'; other accounts have it.`;
  const near = nearName(attribute, known);
  const where =
    accounts === 0 ? `${person}, and none` : `None of the person's accounts on '${source}', nor any`;
  return `${where} of ${sampled} others that were read has the attribute '${attribute}'.${near === undefined ? '' : ` There is '${near}'.`}`;
}
