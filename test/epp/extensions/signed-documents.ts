/** Signed XML that is valid by its schema. The signatures are no real ones: nobody checks them here. */
const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
const signature =
  `<Signature xmlns="${DSIG}"><SignedInfo><CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>` +
  '<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>' +
  '<Reference URI="#signed"><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>' +
  '<DigestValue>AQID</DigestValue></Reference></SignedInfo><SignatureValue>AQIDBA==</SignatureValue></Signature>';

/** With spaces, quotes and references as a signature might cover them: they must not change. */
export const SIGNED_MARK =
  '<smd:signedMark  xmlns:smd="urn:ietf:params:xml:ns:signedMark-1.0" id=\'signed\' >\n' +
  '  <smd:id>1-2</smd:id><smd:issuerInfo issuerID="2"><smd:org>Example &#x26; Co.</smd:org>' +
  '<smd:email>s@example.com</smd:email></smd:issuerInfo><smd:notBefore>2009-08-16T09:00:00.0Z</smd:notBefore>' +
  '<smd:notAfter>2010-08-16T09:00:00.0Z</smd:notAfter><mark:mark xmlns:mark="urn:ietf:params:xml:ns:mark-1.0"></mark:mark>' +
  `${signature}</smd:signedMark >`;

export const SIGNED_CODE =
  '<vc:signedCode xmlns:vc="urn:ietf:params:xml:ns:verificationCode-1.0" id="signed"><vc:code type="domain">1-abc111</vc:code>' +
  `${signature}</vc:signedCode>`;
