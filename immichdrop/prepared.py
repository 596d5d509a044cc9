"""Queries that are put together once, for what is asked for every file.

Django needs several times as long to put a query together, and to find out how each of its columns is read, as the
database needs to answer it.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections, models

M = TypeVar("M", bound=models.Model)

_PLAIN = (models.CharField, models.TextField, models.BooleanField, models.IntegerField)
_TYPES = {str, int, bool, type(None)}  # and no enumeration's members, which drivers take for something else
_Reader = tuple[int, list[Callable[..., Any]], Any]


class Rows(Generic[M]):
    """The rows of a model that meet a condition in SQL, as instances like those of `Model.objects`.

    `for_update` locks them until the transaction's end, where the database knows that.
    """

    def __init__(self, model: type[M], where: str, *, for_update: bool = False) -> None:
        self.model = model
        self.where = where
        self.for_update = for_update

    def first(self, *parameters: str | int) -> M | None:
        here = connections[DEFAULT_DB_ALIAS]
        with here.cursor() as cursor:
            cursor.execute(self._sql, list(parameters))
            row = cursor.fetchone()
        if row is None:
            return None
        values = list(row)
        for index, convert, column in self._readers:
            for converter in convert:
                values[index] = converter(values[index], column, here)
        return self.model.from_db(DEFAULT_DB_ALIAS, self._names, values)

    @cached_property
    def _names(self) -> list[str]:
        return [field.attname for field in self.model._meta.concrete_fields]

    @cached_property
    def _sql(self) -> str:
        for_update = " FOR UPDATE" if self.for_update and connection.features.has_select_for_update else ""
        return f"SELECT {_columns(self.model)} FROM {_table(self.model)} WHERE {self.where}{for_update}"  # noqa: S608

    @cached_property
    def _readers(self) -> list[_Reader]:
        """Of each column that isn't taken as the database gives it: its place, and what reads it."""
        compiler = self.model._base_manager.all().query.get_compiler(DEFAULT_DB_ALIAS)
        columns = [field.get_col(self.model._meta.db_table) for field in self.model._meta.concrete_fields]
        return [(index, *how) for index, how in compiler.get_converters(columns).items()]


class Insertion(Generic[M]):
    """Inserts instances that have their key already. Nothing hears of it: it is for models without signals."""

    def __init__(self, model: type[M]) -> None:
        self.model = model

    def insert(self, instance: M) -> M:
        """The instance, which has a row now. Raises IntegrityError like `save`."""
        here = connections[DEFAULT_DB_ALIAS]
        given = instance.__dict__
        values = [
            value if plain and type(value) in _TYPES else field.get_db_prep_save(value, here)
            for value, plain, field in ((given[name], plain, field) for name, plain, field in self._fields)
        ]
        with here.cursor() as cursor:
            cursor.execute(self._sql, values)
        instance._state.adding = False
        instance._state.db = DEFAULT_DB_ALIAS
        return instance

    @cached_property
    def _fields(self) -> "list[tuple[str, bool, models.Field[Any, Any]]]":
        """Of each column: its attribute, whether a database takes a plain value as it is, and its field."""
        fields = self.model._meta.concrete_fields
        return [(field.attname, isinstance(field, _PLAIN), field) for field in fields]

    @cached_property
    def _sql(self) -> str:
        places = ", ".join(["%s"] * len(self.model._meta.concrete_fields))
        return f"INSERT INTO {_table(self.model)} ({_columns(self.model)}) VALUES ({places})"  # noqa: S608


# Names are the models' own; values are always parameters.
def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _columns(model: type[models.Model]) -> str:
    return ", ".join(connection.ops.quote_name(str(field.column)) for field in model._meta.concrete_fields)
