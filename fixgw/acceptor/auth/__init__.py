"""Who a Logon(35=A) is from: one file a method, and what slows down those who guess."""
