// By what accounts of different connections are found to belong to one person.

/** Compares an attribute's values, without regard to case and accents. */
export interface ExactRule {
  type: 'exact';
  name: string;
  /** One of KEY_FIELDS, or an attribute as the source names it. */
  attribute: string;
  /**
   * Several accounts of one connection may belong to one person by it, as by an employee id. Where they may not, a
   * value that two accounts of a connection share links neither: a person decides.
   */
  several: boolean;
}

/** Compares names; what it finds is only ever as sure as they are alike. */
export interface SimilarNameRule {
  type: 'similarName';
  name: string;
}

export type CorrelationRule = ExactRule | SimilarNameRule;

export interface CorrelationRuleSet {
  rules: CorrelationRule[];
  /** Confidence (0–100) from which a similar name links. */
  linkThreshold: number;
  /** Confidence from which a person is asked; below it the account is somebody else's. */
  reviewThreshold: number;
}

/** The fields of an account that rules usually compare; any other attribute is taken as its source names it. */
export const KEY_FIELDS = {
  employeeId: 'employee_id',
  email: 'email',
  userPrincipalName: 'user_principal_name',
  accountName: 'account_name',
  displayName: 'display_name',
  phone: 'phone',
} as const;

/** What holds where nothing else was said. */
export const DEFAULT_RULE_SET: CorrelationRuleSet = {
  rules: [
    { type: 'exact', name: 'Employee id', attribute: 'employeeId', several: true },
    { type: 'exact', name: 'Email', attribute: 'email', several: false },
    { type: 'exact', name: 'User principal name', attribute: 'userPrincipalName', several: false },
    { type: 'exact', name: 'Account name', attribute: 'accountName', several: false },
    { type: 'similarName', name: 'Similar name' },
  ],
  linkThreshold: 95,
  reviewThreshold: 75,
};

/** Why an account was left for a person to decide. */
export type CaseReason = 'several_persons' | 'shared_value' | 'recycled_value' | 'similar_name';

/** Stands for DEFAULT_RULE_SET where sets are told apart by id. */
export const DEFAULT_RULE_SET_ID = '00000000-0000-0000-0000-000000000000';

/**
 * The rules for an account that an earlier set linked: it goes on being compared by these, and then by the present
 * ones. Names come last all the same, with the thresholds of the set whose rule compares them.
 */
export function followedBy<Set extends CorrelationRuleSet>(
  earlier: Set,
  present: Set,
): { rule: CorrelationRule; set: Set }[] {
  const of = (set: Set, type: CorrelationRule['type']) =>
    set.rules.filter((rule) => rule.type === type).map((rule) => ({ rule, set }));
  const names = [...of(earlier, 'similarName'), ...of(present, 'similarName')].slice(0, 1);
  return [...of(earlier, 'exact'), ...of(present, 'exact'), ...names];
}

/** The rule that a link names when no rule made it: the person was made for this account. */
export const OWN_PERSON = 'own person';

/** The rule that a link names when a person made it. */
export const BY_HAND = 'by hand';
