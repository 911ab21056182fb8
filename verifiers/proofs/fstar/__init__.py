"""F*: the fragment checker over `fstar.exe --ide`, its guard, and the bridge over both."""
