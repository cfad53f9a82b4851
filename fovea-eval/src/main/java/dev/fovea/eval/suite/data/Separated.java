package dev.fovea.eval.suite.data;

import static java.util.Objects.requireNonNull;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import dev.fovea.core.file.Reasons;
import dev.fovea.eval.EvalException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tables of text with a header, their columns parted by tabs or, if the header has none, by commas. Cells may be quoted
 * as in RFC 4180, and then hold line breaks, separators and doubled quotes. Empty cells are missing values, as in pandas.
 */
public final class Separated {
    private Separated() {}

    /**
     * Visits the rows. One that has not the columns of the header is visited too, as a {@linkplain Row#broken broken}
     * one.
     *
     * @throws EvalException if the file cannot be read or has no header
     */
    public static void forEach(Path file, ParquetTable.Visitor visitor) {
        try (CsvReader<CsvRecord> records = CsvReader.builder()
                .fieldSeparator(separator(file))
                .allowExtraFields(true)
                .allowMissingFields(true)
                .allowExtraCharsAfterClosingQuote(true)
                .detectBomHeader(true)
                .ofCsvRecord(file)) {
            Iterator<CsvRecord> all = records.iterator();
            if (!all.hasNext()) {
                throw EvalException.input(file + " is empty; download it again");
            }
            List<String> columns = all.next().getFields();
            while (all.hasNext()) {
                if (!visitor.visit(row(file, columns, all.next()))) {
                    return;
                }
            }
        } catch (CsvParseException e) {
            throw EvalException.input(file + " cannot be read as a table: " + e.getMessage(), e);
        } catch (UncheckedIOException e) {
            throw EvalException.input(file + " cannot be read: " + Reasons.of(requireNonNull(e.getCause())), e);
        } catch (IOException e) {
            throw EvalException.input(file + " cannot be read: " + Reasons.of(e), e);
        }
    }

    private static Row row(Path file, List<String> columns, CsvRecord record) {
        String where = file.getFileName() + " line " + record.getStartingLineNumber();
        if (record.getFieldCount() != columns.size()) {
            return Row.broken(where + " has " + record.getFieldCount() + " columns, the header " + columns.size()
                    + "; a quote that is not closed would be one reason");
        }
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        for (int i = 0; i < columns.size(); i++) {
            String cell = record.getField(i);
            values.put(columns.get(i), cell.isEmpty() ? null : cell);
        }
        return new Row(values, where);
    }

    private static char separator(Path file) throws IOException {
        // Lenient about bytes that are no UTF-8, unlike Files.newBufferedReader.
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8))) {
            String header = lines.readLine();
            return header == null || header.indexOf('\t') >= 0 ? '\t' : ',';
        }
    }
}
