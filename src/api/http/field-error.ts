/** What of a request is wrong, as a problem (RFC 9457) tells it. */
export interface FieldError {
  /** Where, as `period.value`, `names[2]` or a header's name. */
  field: string;
  message: string;
  /** Of a field of a JSON body: where, as `#/period/value` (RFC 9457 section 3, RFC 6901 section 6). */
  pointer?: string;
}
