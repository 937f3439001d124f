// Which attributes are never taken, and which are kept beside an object.
import { describe, expect, it } from '@jest/globals';
import { attributeKey, secretAttributes } from '../../../domain/secret-attributes.ts';
import { isSideAttribute } from '../../../domain/side-attributes.ts';

describe('secretAttributes', () => {
  const isSecret = secretAttributes(['ownSecret', 'Other;x-option']);

  it.each([
    'userPassword',
    'USERPASSWORD',
    'userPassword;lang-de',
    'unicodePwd',
    'ms-Mcs-AdmPwd',
    'msLAPS-EncryptedPassword',
    'mslaps-anythingnew',
    'krbPrincipalKey;binary',
    'sambaNTPassword',
    'OwnSecret',
    'other',
  ])('%s is secret', (name) => {
    expect(isSecret(name)).toBe(true);
  });

  it.each(['cn', 'userPasswordHint', 'pwdChangedTime', 'userCertificate;binary', 'member'])(
    '%s is not',
    (name) => {
      expect(isSecret(name)).toBe(false);
    },
  );

  it('cannot be shortened', () => {
    expect(secretAttributes([])('userPassword')).toBe(true);
    expect(secretAttributes()('ownSecret')).toBe(false);
  });
});

describe('isSideAttribute', () => {
  it.each([
    'lastLogon',
    'LASTLOGONTIMESTAMP',
    'modifyTimestamp',
    'entryCSN',
    'memberOf',
    'uSNChanged',
    'pwdLastSuccess',
  ])('%s is kept beside', (name) => {
    expect(isSideAttribute(name)).toBe(true);
  });

  it.each(['cn', 'member', 'createTimestamp', 'pwdChangedTime', 'entryUUID'])('%s is history', (name) => {
    expect(isSideAttribute(name)).toBe(false);
  });
});

describe('attributeKey', () => {
  it('drops options and case', () => {
    expect(attributeKey('CN;lang-ja;x-y')).toBe('cn');
  });
});
