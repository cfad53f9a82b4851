package dev.fovea.cli;

import java.util.List;
import org.jline.reader.CompletingParsedLine;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;

/**
 * Parts a line for completion: a command and the rest behind it, which is one word, so that names of files may hold
 * spaces; or a question, which is one word too.
 */
final class SlashParser implements Parser {

    /** A line in words. */
    private record Parted(String line, List<String> words, int wordIndex, int wordCursor, int cursor)
            implements CompletingParsedLine {
        @Override
        public String word() {
            return words.get(wordIndex);
        }

        /** What is completed stands in the line as it is: nothing needs quotes. */
        @Override
        public CharSequence escape(CharSequence candidate, boolean complete) {
            return candidate;
        }

        @Override
        public int rawWordCursor() {
            return wordCursor;
        }

        @Override
        public int rawWordLength() {
            return word().length();
        }
    }

    @Override
    public ParsedLine parse(String line, int cursor, ParseContext context) {
        int space = line.startsWith("/") ? line.indexOf(' ') : -1;
        if (space < 0) {
            return new Parted(line, List.of(line), 0, cursor, cursor);
        }
        int argument = space;
        while (argument < line.length() && line.charAt(argument) == ' ') {
            argument++;
        }
        List<String> words = List.of(line.substring(0, space), line.substring(argument));
        return cursor <= space
                ? new Parted(line, words, 0, cursor, cursor)
                : new Parted(line, words, 1, Math.max(0, cursor - argument), cursor);
    }
}
