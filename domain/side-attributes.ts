// Attributes that change at every sign-in or write: they are kept beside an object, outside hash and history.
import { attributeKey } from './secret-attributes.ts';

const SIDE_NAMES = [
  // sign-ins
  'lastLogon',
  'lastLogonTimestamp',
  'lastLogoff',
  'logonCount',
  'badPwdCount',
  'badPasswordTime',
  'msDS-LastSuccessfulInteractiveLogonTime',
  'msDS-LastFailedInteractiveLogonTime',
  'msDS-FailedInteractiveLogonCount',
  'msDS-FailedInteractiveLogonCountAtLastSuccessfulLogon',
  'msDS-LogonTimeSyncInterval',
  'authTimestamp',
  'pwdLastSuccess',
  'pwdFailureTime',
  'pwdGraceUseTime',
  'lastLoginTime',
  'loginTime',
  'loginGraceRemaining',
  'loginIntruderAttempts',
  'loginIntruderAddress',
  'passwordRetryCount',
  'retryCountResetTime',
  'krbLastSuccessfulAuth',
  'krbLastFailedAuth',
  'krbLoginFailedCount',
  'sambaLogonTime',
  'sambaLogoffTime',
  'sambaBadPasswordCount',
  'sambaBadPasswordTime',
  'ds-last-login-time',
  'ds-pwp-last-login-time',
  'ibm-pwdLastSuccess',
  // writes and replication
  'modifyTimestamp',
  'modifiersName',
  'whenChanged',
  'uSNChanged',
  'uSNLastObjRem',
  'uSNDSALastObjRemoved',
  'dSCorePropagationData',
  'replPropertyMetaData',
  'replUpToDateVector',
  'entryCSN',
  'contextCSN',
  'etag',
  'entryusn',
  'nscpEntryWSI',
  'ibm-entryChecksum',
  'ibm-entryChecksumOp',
  'revision',
  'msDS-RevealedUsers',
  // computed by the server from other entries
  'memberOf',
  'isMemberOf',
  'ibm-allGroups',
  'nsRoleDN',
  'nsRole',
  'tokenGroups',
  'msds-memberOfTransitive',
  'msDS-ReplAttributeMetaData',
  'msDS-ReplValueMetaData',
  'numSubordinates',
  'hasSubordinates',
  'subordinateCount',
  'entryTTL',
  'msDS-ApproximateNumberOfSubordinates',
];

const SIDE_KEYS = new Set(SIDE_NAMES.map(attributeKey));

/** Whether an attribute, spelled in any case and with any options, is kept beside the object. */
export function isSideAttribute(name: string): boolean {
  return SIDE_KEYS.has(attributeKey(name));
}
