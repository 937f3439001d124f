// Attributes that hold passwords and keys: they are never asked for, staged or stored.

const SECRET_NAMES = [
  'userPassword',
  'authPassword',
  'unicodePwd',
  'dBCSPwd',
  'ntPwdHistory',
  'lmPwdHistory',
  'supplementalCredentials',
  'pwdHistory',
  'passwordHistory',
  'olcRootPW',
  'rootPW',
  'nsslapd-rootpw',
  'nsDS5ReplicaCredentials',
  'nsmultiplexorCredentials',
  'ms-Mcs-AdmPwd',
  'msDS-ManagedPassword',
  'msDS-ManagedPasswordPreviousId',
  'msDS-KeyCredentialLink',
  'msDS-ExecuteScriptPassword',
  'msKds-RootKeyData',
  'msPKI-CredentialRoamingTokens',
  'msDNS-SigningKeys',
  'ipsecData',
  'pekList',
  'msFVE-RecoveryPassword',
  'msFVE-KeyPackage',
  'msTPM-OwnerInformation',
  'msTPM-OwnerInformationTemp',
  'msPKIAccountCredentials',
  'msPKIDPAPIMasterKeys',
  'msPKIRoamingTimeStamp',
  'msSFU30Password',
  'unixUserPassword',
  'trustAuthIncoming',
  'trustAuthOutgoing',
  'initialAuthIncoming',
  'initialAuthOutgoing',
  'currentValue',
  'priorValue',
  'sambaLMPassword',
  'sambaNTPassword',
  'sambaPasswordHistory',
  'sambaClearTextPassword',
  'sambaPreviousClearTextPassword',
  'lmPassword',
  'ntPassword',
  'krbPrincipalKey',
  'krbPwdHistory',
  'krbMKey',
  'krb5Key',
  'krb5KeyVersionNumber',
  'ipaNTHash',
  'ipaNTTrustAuthIncoming',
  'ipaNTTrustAuthOutgoing',
  'ipatokenOTPkey',
  'ipaPrivateKey',
  'ipaSecretKey',
  'ipaVaultSalt',
  'ipaIdpClientSecret',
  'oathSecret',
  'oathTOTPSecret',
  'goAuthSecret',
  'googleAuthenticatorSecret',
  'radiusTunnelPassword',
  'radiusSharedSecret',
  'dhcpKeySecret',
  'tsigKeySecret',
  'sshPrivateKey',
  'privateKey',
  'userPKCS12',
  'userSMIMEPrivateKey',
  'nspmPassword',
  'nspmPasswordHistory',
  'nspmDistributionPassword',
  'sasLoginSecret',
  'sasLoginSecretKey',
  'nDSPKISDKeyStruct',
  'ibm-replicaCredentials',
  'ds-cfg-key-material',
  'ds-pwp-password-history',
  'orclPassword',
  'userPassword2',
  'clearPassword',
  'clearTextPassword',
  'plainPassword',
  'password',
  'passwd',
  'shadowPassword',
  'loginPassword',
  'mailPassword',
  'apiKey',
  'apiToken',
  'accessToken',
  'refreshToken',
  'clientSecret',
  'secret',
  'secretKey',
  'otpSecret',
  'totpSecret',
  'pin',
  'pinHash',
  'passwordHash',
  'pwdHash',
  'hashedPassword',
];

/** Beginnings that mark a whole family, whatever a vendor adds to it. */
const SECRET_PREFIXES = ['mslaps-', 'mspkiaccountcred', 'mspkidpapi'];

/** An attribute's name as it is compared: lower case, without options (`;binary`, `;lang-xx`; RFC 4512 section 2.5). */
export function attributeKey(name: string): string {
  const semicolon = name.indexOf(';');
  return (semicolon < 0 ? name : name.slice(0, semicolon)).trim().toLowerCase();
}

/** Says of an attribute name, spelled in any case and with any options, whether it is secret. */
export type IsSecretAttribute = (name: string) => boolean;

/** The check for secret attributes; `extra` names are secret as well, and nothing can be taken out. */
export function secretAttributes(extra: readonly string[] = []): IsSecretAttribute {
  const names = new Set([...SECRET_NAMES, ...extra].map(attributeKey));
  return (name) => {
    const key = attributeKey(name);
    return names.has(key) || SECRET_PREFIXES.some((prefix) => key.startsWith(prefix));
  };
}
