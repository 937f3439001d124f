// accountAttribute: the value of an attribute on one of the person's accounts.
import { z } from 'zod';
import { type AccountPredicate, compileAccountFilter, orderTexts } from './account-filter.ts';
import { flag } from './attribute-schemas.ts';
import { attributeText } from './attribute-text.ts';
import { MAX_EXPRESSION } from './limits.ts';
import { shown } from './transform-error.ts';
import {
  type SourceReference,
  type TransformAccount,
  type TransformSite,
  valueTransform,
} from './transform-kind.ts';

const name = z.string().min(1);
const attributes = z.object({
  attributeName: name,
  sourceName: name.optional(),
  sourceId: name.optional(),
  applicationId: name.optional(),
  applicationName: name.optional(),
  accountSortAttribute: name.optional(),
  accountSortDescending: flag.optional(),
  accountReturnFirstLink: flag.optional(),
  accountFilter: name.max(MAX_EXPRESSION).optional(),
  accountPropertyFilter: name.max(MAX_EXPRESSION).optional(),
});
type Attributes = z.output<typeof attributes>;

export const accountAttribute = valueTransform('accountAttribute', attributes, 'none', (given, site) => {
  const source = sourceOf(given);
  if (source === null) {
    site.problem(
      'sourceName',
      'is missing; name the source by sourceName, sourceId, applicationName or applicationId',
    );
    return null;
  }
  const reads = [given.attributeName];
  const accepts = [...filters(given, site, reads)];
  const isOfSource = matcher(source);
  const order = accountOrder(given, reads);
  site.readsAccount(source, reads);
  const firstOnly = given.accountReturnFirstLink ?? false;
  const isWanted: AccountPredicate = (account) =>
    isOfSource(account) && accepts.every((filter) => filter(account));
  return (scope) => {
    const accounts = wantedOf(scope.accounts, isWanted, order);
    if (accounts.length === 0 && scope.missing.some((other) => isSame(source, other)))
      return site.fail(`there is no connection ${namedAs(source)}`);
    for (const account of accounts) {
      const value = attributeText(account.attributes[given.attributeName]);
      if (value !== null || firstOnly) return value;
    }
    return null;
  };
});

/** Ids win over names, which can change; a name may have the suffix that the vendor's immutable names have. */
function sourceOf(given: Attributes): SourceReference | null {
  const sourceId = given.sourceId ?? given.applicationId;
  if (sourceId !== undefined) return { sourceId: plainId(sourceId) };
  const sourceName = given.sourceName ?? given.applicationName?.replace(/ \[source\]$/, '');
  return sourceName === undefined ? null : { sourceName };
}

function isSame(one: SourceReference, other: SourceReference): boolean {
  return one.sourceId === other.sourceId && one.sourceName === other.sourceName;
}

function namedAs({ sourceId, sourceName = '' }: SourceReference): string {
  return sourceId === undefined ? `named ${shown(sourceName)}` : `with the ID ${shown(sourceId)}`;
}

function plainId(id: string): string {
  return id.replaceAll('-', '').toLowerCase();
}

function matcher({ sourceId, sourceName }: SourceReference): AccountPredicate {
  if (sourceId === undefined) return (account) => account.sourceName === sourceName;
  return (account) => plainId(account.sourceId) === sourceId;
}

function* filters(given: Attributes, site: TransformSite, reads: string[]): Generator<AccountPredicate> {
  for (const key of ['accountFilter', 'accountPropertyFilter'] as const) {
    const expression = given[key];
    if (expression === undefined) continue;
    const compiled = compileAccountFilter(expression, key === 'accountFilter');
    if ('problem' in compiled) site.problem(key, compiled.problem);
    else {
      reads.push(...compiled.reads);
      yield compiled.accepts;
    }
  }
}

type Order = (left: TransformAccount, right: TransformAccount) => number;

/** The oldest first unless the transform says otherwise; accounts without a value last. */
function accountOrder(given: Attributes, reads: string[]): Order {
  const by = given.accountSortAttribute ?? 'created';
  if (by !== 'created') reads.push(by);
  const sortValue = (account: TransformAccount) =>
    by === 'created' ? account.created : attributeText(account.attributes[by]);
  const sign = given.accountSortDescending ? -1 : 1;
  return (left, right) => {
    const [a, b] = [sortValue(left), sortValue(right)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    // Equal ones keep an order that does not depend on how they were loaded.
    return sign * orderTexts(a, b) || orderTexts(left.nativeIdentity ?? '', right.nativeIdentity ?? '');
  };
}

function wantedOf(
  accounts: readonly TransformAccount[],
  isWanted: AccountPredicate,
  order: Order,
): readonly TransformAccount[] {
  const wanted = accounts.filter(isWanted);
  return wanted.length > 1 ? wanted.sort(order) : wanted;
}
