"""The application: `uvicorn shop_api.main:app`."""

from __future__ import annotations

from fastapi import FastAPI

from shop_api.routers import admin, customers, orders

app = FastAPI(title="Shop")
for router in (orders.router, customers.router, admin.router):
    app.include_router(router)
