# Every choice as the variables have it.
