package dev.fovea.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The name of a file or folder as a person gives it. An empty one would be the current folder, an address no file. */
final class PathArgument implements ITypeConverter<Path> {
    private static final Pattern ADDRESS = Pattern.compile("(?i)[a-z][a-z0-9+.-]+:/+.*|data:.*", Pattern.DOTALL);

    /**
     * The path.
     *
     * @throws CommandFailure if the text is empty, an address, or holds what no name holds
     */
    static Path of(String text) {
        try {
            return checked(text);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.input(e);
        }
    }

    /** The same for what a person typed at a prompt, where no shell has opened {@code ~} and quotes. */
    static Path typed(String text) {
        String name = text.strip();
        boolean quoted = name.length() > 1
                && (name.charAt(0) == '"' || name.charAt(0) == '\'')
                && name.charAt(name.length() - 1) == name.charAt(0);
        if (quoted) {
            return of(name.substring(1, name.length() - 1));
        }
        return of(
                name.equals("~") || name.startsWith("~/") ? System.getProperty("user.home") + name.substring(1) : name);
    }

    private static Path checked(String text) {
        if (text.isBlank()) {
            throw new IllegalArgumentException("the name of a file or folder is empty; write it out");
        }
        if (ADDRESS.matcher(text).matches()) {
            String shown = text.length() > 60 ? text.substring(0, 57) + "..." : text;
            throw new IllegalArgumentException(
                    "'" + shown + "' is an address, and Fovea opens files only; download it and give the file");
        }
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("'" + text.replace('\0', '?') + "' cannot be the name of a file", e);
        }
    }

    @Override
    public Path convert(String value) {
        try {
            return checked(value);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(CommandFailure.sentence(e));
        }
    }
}
