"""How a patch names what it changes: a decorator that takes the owner and the method."""
import functools


def replaces(owner, method):
    """Replace an existing method. The new function gets the original as its first argument."""
    original = getattr(owner, method)

    def install(new):
        @functools.wraps(original)
        def patched(*args, **kwargs):
            return new(original, *args, **kwargs)

        setattr(owner, method, patched)
        return new

    return install


def adds(owner, method):
    """Add a method that is missing. A newer moto that has it stops the start: then the patch can go."""
    if hasattr(owner, method):
        raise RuntimeError(f"{owner.__name__}.{method} exists in this moto: remove the patch that adds it")

    def install(new):
        setattr(owner, method, new)
        return new

    return install
