"""The tree of what the rules themselves can find wrong."""


class DomainError(Exception):
    """A rule was asked something that it cannot answer; a mistake of ours, never of a person."""


class UnknownEdition(DomainError):
    """A case is bound to an edition whose hash is not among the published ones."""


class MissingFact(DomainError):
    """A rule looks at a fact that whoever sent the message has not looked up."""


class BrokenChain(DomainError):
    """An event does not follow the one before it."""
