"""Who may move the legal clock ahead: the sandbox of a trial installation, and nobody elsewhere."""

from typing import Final

from sqlalchemy import Connection, text

SANDBOX: Final = "ozhb_sandbox"
_MOVE: Final = text(
    """CREATE OR REPLACE FUNCTION move_legal_clock(forward interval) RETURNS timestamptz
       LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
       BEGIN
         IF forward < interval '0' THEN
           RAISE EXCEPTION 'the legal clock never goes back';
         END IF;
         UPDATE legal_clock SET ahead = ahead + forward WHERE id = 1;
         RETURN legal_now();
       END $$"""
)
_ALONE: Final = text("REVOKE ALL ON FUNCTION move_legal_clock(interval) FROM PUBLIC")
_LET: Final = text(f"GRANT EXECUTE ON FUNCTION move_legal_clock(interval) TO {SANDBOX}")
_LET_IN: Final = text(f"GRANT USAGE ON SCHEMA public TO {SANDBOX}")
_TAKE_AWAY: Final = text("DROP FUNCTION IF EXISTS move_legal_clock(interval)")
_KEEP_OUT: Final = text(f"REVOKE USAGE ON SCHEMA public FROM {SANDBOX}")
_THERE: Final = text(f"SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = '{SANDBOX}')")


def settle(connection: Connection, *, movable: bool) -> None:
    """As the owner: give the sandbox's role the means to move the clock, or take them away."""
    sandbox = connection.execute(_THERE).scalar_one()
    if movable:
        connection.execute(_MOVE)
        connection.execute(_ALONE)
    else:
        connection.execute(_TAKE_AWAY)
    if sandbox and movable:
        connection.execute(_LET)
    if sandbox:
        connection.execute(_LET_IN if movable else _KEEP_OUT)
