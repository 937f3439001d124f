// Which source attributes fill which field when a project says nothing: inetOrgPerson, posixAccount, AD and CSV.
import type { ObjectField } from './object-fields.ts';

/** Field → attribute names in order of preference, compared without case. */
export const DEFAULT_MAPPINGS: Readonly<Record<ObjectField, readonly string[]>> = {
  accountName: ['sAMAccountName', 'uid', 'accountName', 'username', 'login'],
  userPrincipalName: ['userPrincipalName', 'krbPrincipalName', 'upn'],
  displayName: ['displayName', 'display_name', 'cn', 'fullName', 'name', 'ou', 'uid'],
  givenName: ['givenName', 'firstName', 'first_name', 'given_name'],
  surname: ['sn', 'surname', 'lastName', 'last_name'],
  email: ['mail', 'email', 'emailAddress', 'email_address'],
  employeeId: ['employeeNumber', 'employeeID', 'employee_id'],
  department: ['department', 'departmentNumber'],
  title: ['title', 'jobTitle', 'job_title'],
  company: ['company', 'o', 'organizationName'],
  phone: ['telephoneNumber', 'phone', 'mobile'],
  description: ['description'],
  groupType: ['groupType', 'group_type'],
  status: [
    'userAccountControl',
    'nsAccountLock',
    'loginDisabled',
    'pwdAccountLockedTime',
    'status',
    'enabled',
    'active',
  ],
  passwordLastSetAt: ['pwdLastSet', 'pwdChangedTime', 'passwordLastSet', 'password_last_set'],
  accountExpiresAt: ['accountExpires', 'shadowExpire', 'expires', 'expiry_date'],
  sourceCreatedAt: ['whenCreated', 'createTimestamp', 'created', 'createdAt', 'created_at'],
  lastLogonAt: ['lastLogonTimestamp', 'pwdLastSuccess', 'authTimestamp', 'lastLogin', 'last_login'],
  sourceChangedAt: ['whenChanged', 'modifyTimestamp', 'modified', 'updatedAt', 'updated_at'],
  managerId: ['manager', 'managerId', 'manager_id'],
  ownerId: ['owner', 'managedBy', 'owner_id'],
};
