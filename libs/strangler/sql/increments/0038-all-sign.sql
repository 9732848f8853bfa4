-- The column says what it means. No release has read it by the name before: processes of 0.2.0 know nothing of keys.

alter table strangler.caller_key rename column alone to all_sign;
