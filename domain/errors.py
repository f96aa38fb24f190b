"""The tree of what the rules themselves can find wrong."""


class DomainError(Exception):
    """A rule was asked something that it cannot answer; a mistake of ours, never of a person."""


class UnknownName(DomainError):
    """A definition names a guard, an effect or a term that the code does not have."""


class UnknownEdition(DomainError):
    """A case is bound to an edition whose hash is not among the published ones."""


class BrokenChain(DomainError):
    """An event does not follow the one before it."""
